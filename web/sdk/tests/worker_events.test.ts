import { describe, expect, expectTypeOf, it } from "vitest";
import { Reservation } from "../src/resources/reservation.js";
import type { Task } from "../src/resources/task.js";
import { WorkerResource } from "../src/resources/worker.js";
import {
  aClient,
  aFrameTask,
  aReadyClient,
  aReservation,
  aTask,
  aToken,
  aWorker,
  CHANNEL,
  heard,
  WORKSPACE,
} from "./builders.js";
import { arrivals } from "./fake_page.js";

describe("events", () => {
  it("disconnected says whether a newer session took over", async () => {
    const { page, worker } = await aReadyClient();
    const losses = heard(worker, "disconnected");
    page.socket.listener.closed(1000, "closed by a newer session");
    expect(losses).toEqual([
      [
        {
          message: "closed by a newer session",
          code: 1000,
          evicted: true,
          reconnecting: false,
        },
      ],
    ]);
  });

  it("error tells that the socket failed, and needs no listener", async () => {
    const { page, worker } = await aReadyClient();
    page.socket.listener.failed();
    const errors = heard(worker, "error");
    page.socket.listener.failed();
    expect(errors).toEqual([[{ response: 0, message: "The live channel failed." }]]);
    expect(page.reports).toEqual([]);
  });

  it("activity.update leaves its fields on the client", async () => {
    const { page, worker } = await aReadyClient();
    page.socket.send("worker.activity.update", aWorker({ activity_name: "Offline" }));
    expect(worker.activityName).toBe("Offline");
  });

  it("a listener that throws is reported, and later frames still come", async () => {
    const { page, worker } = await aReadyClient();
    const mistake = new Error("page");
    worker.once("activity.update", () => {
      throw mistake;
    });
    page.socket.send("worker.activity.update", aWorker());
    const updates = heard(worker, "activity.update");
    page.socket.send("worker.activity.update", aWorker());
    expect(page.reports).toEqual([mistake]);
    expect(updates).toHaveLength(1);
  });

  it("setSkipFetchReservation(true) makes reservations of the frame alone", async () => {
    const { page, worker } = await aReadyClient();
    const created = heard(worker, "reservation.created");
    worker.setSkipFetchReservation(true);
    page.socket.send("reservation.created", aFrameTask());
    expect(page.posts).toEqual([]);
    expect(created[0]?.[0].task.attributes).toEqual({ selected_language: "es" });
  });

  it("have typed listeners", () => {
    const { worker } = aClient();
    worker.on("reservation.created", (reservation) => {
      expectTypeOf(reservation).toEqualTypeOf<Reservation>();
      expectTypeOf(reservation.task).toEqualTypeOf<Task>();
    });
    worker.on("ready", (ready) => expectTypeOf(ready).toEqualTypeOf<WorkerResource>());
    // @ts-expect-error: there is no such event
    worker.on("reservation.lost", () => {});
  });
});

describe("when the page goes away", () => {
  it("the worker is moved to his disconnect activity by a beacon", async () => {
    const { page } = await aReadyClient({ disconnectActivitySid: "WA3" });
    page.leave();
    expect(page.beacons).toEqual([
      {
        url: CHANNEL,
        envelope: {
          url: `${WORKSPACE}/Workers/WK1`,
          method: "POST",
          params: { ActivitySid: "WA3" },
          token: aToken(),
        },
      },
    ]);
  });

  it("nothing is sent without a disconnect activity", async () => {
    const { page } = await aReadyClient();
    page.leave();
    expect(page.beacons).toEqual([]);
  });

  it("an evicted session leaves the worker's activity alone", async () => {
    const { page } = await aReadyClient({ disconnectActivitySid: "WA3" });
    page.socket.listener.closed(1000, "closed by a newer session");
    page.leave();
    expect(page.beacons).toEqual([]);
  });
});

describe("the life of a task", () => {
  it("goes from created over accepted to completed", async () => {
    const { page, worker } = await aReadyClient();
    page.payloads.set("GET Tasks/WT1", aTask());
    page.payloads.set("GET Tasks/WT1/Reservations/WR1", aReservation());
    const accepted = aReservation({ reservation_status: "accepted" });
    page.payloads.set("POST Tasks/WT1/Reservations/WR1", accepted);
    page.payloads.set("POST Tasks/WT1", aTask({ assignment_status: "completed" }));
    const steps: string[] = [];
    worker.on("reservation.created", (reservation) => {
      reservation.accept((_, answered) => {
        steps.push(answered.reservationStatus);
        answered.task.complete((_error, task) => steps.push(task.assignmentStatus));
      });
    });
    page.socket.send("reservation.created", aFrameTask());
    for (let turn = 0; turn < 5; turn++) await arrivals();
    expect(steps).toEqual(["accepted", "completed"]);
  });
});
