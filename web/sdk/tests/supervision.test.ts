import { describe, expect, it } from "vitest";
import type { ListResource } from "../src/resources/list_resource.js";
import { TaskQueueClient, WorkspaceClient } from "../src/supervision.js";
import { aCallback, aList, aToken, aWorker, BASE, WORKSPACE } from "./builders.js";
import { FakePage } from "./fake_page.js";

function aWorkspaceClient() {
  const page = new FakePage();
  const token = aToken({ channel: "WS1", worker_sid: undefined });
  const options = { token, debug: false, maxRetries: 1 };
  const surroundings = { environment: page, settings: { regions: {} }, origin: BASE };
  return { page, token, workspace: new WorkspaceClient(options, surroundings) };
}

function aTaskQueueClient() {
  const page = new FakePage();
  const token = aToken({ channel: "WQ1", worker_sid: undefined, taskqueue_sid: "WQ1" });
  const surroundings = { environment: page, settings: { regions: {} }, origin: BASE };
  return { page, queue: new TaskQueueClient({ token, debug: false }, surroundings) };
}

const asked = (page: FakePage) => {
  const { method, url, params } = page.request().envelope;
  return [method, url.replace(WORKSPACE, ""), params];
};

describe("the client of a workspace", () => {
  it("opens the workspace's channel and is ready with the workspace", () => {
    const { page, token, workspace } = aWorkspaceClient();
    const ready = aCallback();
    workspace.on("ready", (own) => ready(null, own));
    const channel = `wss://router.example/v1/wschannels/AC1/WS1`;
    expect(page.socket.url).toBe(`${channel}?token=${token}&closeExistingSessions=false`);
    page.socket.listener.opened();
    expect(asked(page)).toEqual(["GET", "", undefined]);
    expect(page.request().envelope.event_type).toBe("ready");
    page.request().succeed({ sid: "WS1", friendly_name: "Support", default_activity_sid: "WA1" });
    expect(ready).toHaveBeenCalledWith(null, expect.objectContaining({ friendlyName: "Support" }));
    expect(workspace).toMatchObject({ sid: "WS1", friendlyName: "Support", maxRetries: 1 });
    expect(page.posts).toHaveLength(1);
  });

  it.each([
    ["activities", "/Activities", { PageSize: 1000 }],
    ["workflows", "/Workflows", undefined],
    ["taskqueues", "/TaskQueues", undefined],
    ["workers", "/Workers", undefined],
    ["tasks", "/Tasks", undefined],
  ] as const)("has the list %s", (name, url, defaults) => {
    const { page, workspace } = aWorkspaceClient();
    const list = workspace[name] as ListResource<unknown>;
    list.fetch();
    expect(asked(page)).toEqual(["GET", url, defaults]);
    list.fetch({ FriendlyName: "a" });
    expect(asked(page)).toEqual(["GET", url, { ...defaults, FriendlyName: "a" }]);
    list.fetch("XX1");
    expect(asked(page)).toEqual(["GET", `${url}/XX1`, undefined]);
    list.create({ FriendlyName: "a" });
    expect(asked(page)).toEqual(["POST", url, { FriendlyName: "a" }]);
    list.update("XX1", "FriendlyName", "b");
    expect(asked(page)).toEqual(["POST", `${url}/XX1`, { FriendlyName: "b" }]);
    list.update("XX1", { Attributes: { a: 1 } });
    expect(asked(page)).toEqual(["POST", `${url}/XX1`, { Attributes: '{"a":1}' }]);
    list.delete("XX1");
    expect(asked(page)).toEqual(["DELETE", `${url}/XX1`, undefined]);
  });

  it.each([
    ["statistics", "/Statistics"],
    ["realtimeStats", "/RealTimeStatistics"],
    ["cumulativeStats", "/CumulativeStatistics"],
  ] as const)("has %s of its own, of its queues and of its workers", (name, url) => {
    const { page, workspace } = aWorkspaceClient();
    workspace[name].fetch({ Minutes: 5 });
    expect(asked(page)).toEqual(["GET", url, { Minutes: 5 }]);
    workspace.taskqueues[name].fetch();
    expect(asked(page)).toEqual(["GET", `/TaskQueues${url}`, undefined]);
    workspace.workers[name].fetch();
    expect(asked(page)).toEqual(["GET", `/Workers${url}`, undefined]);
  });

  it("gives items that can be changed and that tell figures", () => {
    const { page, workspace } = aWorkspaceClient();
    const callback = aCallback();
    workspace.taskqueues.fetch(callback);
    page.request().succeed(aList("task_queues", [{ sid: "WQ1", friendly_name: "Spanish" }]));
    const [queue] = (callback.mock.calls[0]?.[1] as { data: TaskQueueClient[] }).data;
    queue?.cumulativeStats.fetch();
    expect(asked(page)).toEqual(["GET", "/TaskQueues/WQ1/CumulativeStatistics", undefined]);
    queue?.update("FriendlyName", "French");
    expect(asked(page)).toEqual(["POST", "/TaskQueues/WQ1", { FriendlyName: "French" }]);
    queue?.delete();
    expect(asked(page)).toEqual(["DELETE", "/TaskQueues/WQ1", undefined]);
  });

  it("shows the figures of a list's items as they are", () => {
    const { page, workspace } = aWorkspaceClient();
    const callback = aCallback();
    workspace.taskqueues.statistics.fetch(callback);
    const item = { task_queue_sid: "WQ1", realtime: { tasks_by_status: { pending: 2 } } };
    page.request().succeed(aList("task_queues_statistics", [item]));
    expect(callback.mock.calls[0]?.[1]).toMatchObject({
      data: [{ taskQueueSid: "WQ1", realtime: { tasksByStatus: { pending: 2 } } }],
    });
  });

  it("passes on whatever its channel carries", () => {
    const { page, workspace } = aWorkspaceClient();
    const got = aCallback();
    (workspace as { on(name: string, listener: (value: unknown) => void): unknown }).on(
      "activity.update",
      (value) => got(null, value),
    );
    page.socket.listener.opened();
    page.request().succeed({ sid: "WS1" });
    page.socket.send("worker.activity.update", aWorker());
    expect(got).toHaveBeenCalledWith(null, expect.objectContaining({ sid: "WK1" }));
  });

  it("is updated and deleted, and takes a new token of its own workspace only", () => {
    const { page, token, workspace } = aWorkspaceClient();
    workspace.update("FriendlyName", "Sales");
    page.request().succeed({ sid: "WS1", friendly_name: "Sales" });
    expect(workspace.friendlyName).toBe("Sales");
    workspace.delete();
    expect(asked(page)).toEqual(["DELETE", "", undefined]);
    expect(() => workspace.updateToken(aToken())).toThrow("workspace_sid");
    workspace.updateToken(token);
    workspace.disconnect();
    expect(page.socket.closed).toBe(true);
  });
});

describe("the client of a task queue", () => {
  it("is ready with the queue, and tells its figures", () => {
    const { page, queue } = aTaskQueueClient();
    expect(page.socket.url).toContain("/v1/wschannels/AC1/WQ1?");
    page.socket.listener.opened();
    expect(asked(page)).toEqual(["GET", "/TaskQueues/WQ1", undefined]);
    page.request().succeed({ sid: "WQ1", friendly_name: "Spanish", target_workers: "1==1" });
    expect(queue).toMatchObject({ sid: "WQ1", friendlyName: "Spanish" });
    for (const name of ["statistics", "realtimeStats", "cumulativeStats"] as const) {
      queue[name].fetch();
    }
    expect(page.commands.slice(1)).toEqual([
      "GET TaskQueues/WQ1/Statistics",
      "GET TaskQueues/WQ1/RealTimeStatistics",
      "GET TaskQueues/WQ1/CumulativeStatistics",
    ]);
  });

  it("refuses the token of a worker", () => {
    const surroundings = {
      environment: new FakePage(),
      settings: { regions: {} },
      origin: BASE,
    };
    expect(() => new TaskQueueClient({ token: aToken() }, surroundings)).toThrow("taskqueue_sid");
  });
});
