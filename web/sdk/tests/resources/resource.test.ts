import { describe, expect, it } from "vitest";
import { Reservation } from "../../src/resources/reservation.js";
import { Task } from "../../src/resources/task.js";
import { WorkerChannel, WorkerResource } from "../../src/resources/worker.js";
import {
  Activity,
  TaskQueueResource,
  Workflow,
  WorkspaceResource,
} from "../../src/resources/workspace.js";
import { aBridge, aCallback, aReservation, aTask, aWorker, WORKSPACE } from "../builders.js";

describe("a payload", () => {
  it.each([
    [{ sid: "WS1" }, WorkspaceResource, ""],
    [{ sid: "WA1" }, Activity, "/Activities/WA1"],
    [{ sid: "WW1" }, Workflow, "/Workflows/WW1"],
    [{ sid: "WQ1" }, TaskQueueResource, "/TaskQueues/WQ1"],
    [{ sid: "WK2" }, WorkerResource, "/Workers/WK2"],
    [{ sid: "WC1", worker_sid: "WK1" }, WorkerChannel, "/Workers/WK1/Channels/WC1"],
    [{ sid: "WT1" }, Task, "/Tasks/WT1"],
    [{ sid: "WR1", task_sid: "WT1" }, Reservation, "/Tasks/WT1/Reservations/WR1"],
  ])("%o is told by its SID and knows where it lives", (payload, Class, path) => {
    const resource = aBridge().bridge.map(payload) as Task;
    expect(resource).toBeInstanceOf(Class);
    expect(resource.resourceUrl).toBe(WORKSPACE + path);
  });

  it("of an unknown kind becomes its fields, and what is no object stays", () => {
    const { bridge } = aBridge();
    expect(bridge.map({ sid: "TT1", transfer_to: "WK2" })).toEqual({
      sid: "TT1",
      transferTo: "WK2",
    });
    expect(bridge.map(null)).toBeNull();
  });

  it("shows nothing but its fields in a loop", () => {
    const worker = aBridge().bridge.map(aWorker()) as WorkerResource;
    expect(Object.keys(worker).sort()).toEqual([
      "accountSid",
      "activityName",
      "activitySid",
      "attributes",
      "available",
      "dateCreated",
      "dateStatusChanged",
      "dateUpdated",
      "friendlyName",
      "sid",
      "workspaceSid",
    ]);
  });
});

describe("a companion", () => {
  it("stands beside each SID of a resource, and can be fetched", () => {
    const { page, bridge } = aBridge();
    const worker = bridge.map(aWorker()) as WorkerResource;
    const callback = aCallback();
    expect(worker.activity).toBeInstanceOf(Activity);
    expect(worker.activity).toBe(worker.activity);
    worker.activity.fetch(callback);
    expect(page.request().command).toBe("GET Activities/WA1");
    page.request().succeed({ sid: "WA1", friendly_name: "Offline" });
    expect(callback.mock.calls[0]?.[1]).toMatchObject({ friendlyName: "Offline" });
    worker.workspace.fetch();
    expect(page.request().envelope.url).toBe(WORKSPACE);
  });

  it("is there for workspace, workflow, queue, worker and task, by the SID's own name", () => {
    const { bridge } = aBridge();
    const task = bridge.map(aTask({ queue_sid: "WQ2" })) as Task & { queue: TaskQueueResource };
    expect([task.workflow.sid, task.taskQueue.sid, task.queue.sid]).toEqual(["WW1", "WQ1", "WQ2"]);
    const reservation = bridge.map(aReservation()) as Reservation;
    expect(reservation.worker).toBeInstanceOf(WorkerResource);
    expect(reservation.task).toBeInstanceOf(Task);
    expect(reservation.workspace.sid).toBe("WS1");
  });

  it("is not made of an absent SID, nor of one that no resource answers to", () => {
    const { bridge } = aBridge();
    const fields = { workflow_sid: null, task_channel_sid: "TC1", account_sid: "AC1" };
    const task = bridge.map(aTask(fields));
    for (const name of ["workflow", "taskChannel", "account"])
      expect(task).not.toHaveProperty(name);
  });
});

describe("every resource", () => {
  it("is fetched anew and stays as it was", () => {
    const { page, bridge } = aBridge();
    const task = bridge.map(aTask()) as Task;
    const callback = aCallback();
    task.fetch(callback);
    page.request().succeed(aTask({ priority: 9 }));
    expect((callback.mock.calls[0]?.[1] as Task).priority).toBe(9);
    expect(task.priority).toBe(1);
  });

  it("is updated by one name and value, or by several", () => {
    const { page, bridge } = aBridge();
    const task = bridge.map(aTask()) as Task;
    task.update("Priority", 9);
    expect(page.request().envelope.params).toEqual({ Priority: 9 });
    task.update({ Attributes: { a: 1 }, Note: null }, aCallback());
    expect(page.request().envelope.params).toEqual({ Attributes: '{"a":1}', Note: null });
    expect(page.request().command).toBe("POST Tasks/WT1");
  });

  it("is deleted with null as the result", () => {
    const { page, bridge } = aBridge();
    const callback = aCallback();
    (bridge.map(aTask()) as Task).delete(callback);
    expect(page.request().command).toBe("DELETE Tasks/WT1");
    page.request().succeed(null);
    expect(callback).toHaveBeenCalledExactlyOnceWith(null, null);
  });
});

describe("task.complete", () => {
  it.each([
    [[], { AssignmentStatus: "completed" }],
    [[undefined, "sold"], { AssignmentStatus: "completed", Reason: "sold" }],
    [[() => {}], { AssignmentStatus: "completed" }],
    [[() => {}, "sold"], { AssignmentStatus: "completed", Reason: "sold" }],
  ])("takes callback and reason as %o", (values, params) => {
    const { page, bridge } = aBridge();
    (bridge.map(aTask()) as Task).complete(...(values as [undefined, string]));
    expect(page.request().command).toBe("POST Tasks/WT1");
    expect(page.request().envelope.params).toEqual(params);
  });

  it("calls back with the completed task", () => {
    const { page, bridge } = aBridge();
    const callback = aCallback();
    (bridge.map(aTask()) as Task).complete(callback);
    page.request().succeed(aTask({ assignment_status: "completed" }));
    expect(callback.mock.calls[0]?.[1]).toMatchObject({ assignmentStatus: "completed" });
  });
});

describe("a fetched worker's statistics", () => {
  it("live below the worker", () => {
    const { page, bridge } = aBridge();
    const worker = bridge.map(aWorker()) as WorkerResource;
    worker.statistics.fetch();
    expect(worker.statistics).toBe(worker.statistics);
    expect(page.request().command).toBe("GET Workers/WK1/Statistics");
  });
});
