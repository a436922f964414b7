import { describe, expect, it } from "vitest";
import { Inbox } from "../src/inbox.js";
import { Reservation } from "../src/resources/reservation.js";
import { Task } from "../src/resources/task.js";
import { WorkerChannel, WorkerResource } from "../src/resources/worker.js";
import { aBridge, aFrameTask, aReservation, aTask, aWorker, WORKSPACE } from "./builders.js";

const TASK = "GET Tasks/WT1";
const RESERVATION = "GET Tasks/WT1/Reservations/WR1";

/** An inbox, and the events it raised as [name, value]. */
function anInbox() {
  const { page, bridge } = aBridge();
  const raised: [string, unknown][] = [];
  const logs: unknown[][] = [];
  const inbox = new Inbox(
    bridge,
    (event, ...values) => raised.push([event, values[0]]),
    (...values) => logs.push(values),
    `${WORKSPACE}/Workers/WK1`,
  );
  const receive = (event_type: string, payload: unknown): void =>
    inbox.received(JSON.stringify({ event_type, payload }));
  return { page, bridge, inbox, raised, logs, receive };
}

describe("frames about the worker", () => {
  it.each([
    ["worker.activity.update", "activity.update"],
    ["worker.attributes.update", "attributes.update"],
  ])("%s reaches the page as %s with a worker", (name, event) => {
    const { raised, receive } = anInbox();
    receive(name, aWorker({ activity_name: "Offline" }));
    expect(raised).toEqual([[event, expect.any(WorkerResource)]]);
    expect(raised[0]?.[1]).toMatchObject({ sid: "WK1", activityName: "Offline" });
  });

  it.each([
    ["worker.capacity.update", "capacity.update"],
    ["worker.channel.availability.update", "channel.availability.update"],
  ])("%s reaches the page as %s with a worker channel", (name, event) => {
    const { raised, receive } = anInbox();
    const channel = { sid: "WC1", worker_sid: "WK1", configured_capacity: 3, available: true };
    receive(name, { ...channel, available_capacity_percentage: 66, assigned_tasks: 1 });
    expect(raised).toEqual([[event, expect.any(WorkerChannel)]]);
    expect(raised[0]?.[1]).toMatchObject({
      configuredCapacity: 3,
      availableCapacityPercentage: 66,
      assignedTasks: 1,
      available: true,
    });
  });

  it("of an unknown name and kind reach the page as they are called", () => {
    const { raised, receive } = anInbox();
    receive("worker.moon.update", { sid: "XX1", moon_phase: 3 });
    receive("tide.turned", null);
    expect(raised).toEqual([
      ["moon.update", { sid: "XX1", moonPhase: 3 }],
      ["tide.turned", null],
    ]);
  });

  it.each(["task.updated", "task.canceled", "task.completed", "task.wrapup"])(
    "%s passes with its task",
    (name) => {
      const { raised, receive } = anInbox();
      receive(name, aTask());
      expect(raised).toEqual([[name, expect.any(Task)]]);
    },
  );

  it.each(["no json", "7", "null", "{}", '{"event_type":1}'])("drops and logs %s", (text) => {
    const { inbox, raised, logs } = anInbox();
    inbox.received(text);
    expect(raised).toEqual([]);
    expect(logs).toEqual([["received", text]]);
  });
});

describe("frames about a reservation", () => {
  it.each([
    "reservation.created",
    "reservation.accepted",
    "reservation.rejected",
    "reservation.timeout",
    "reservation.canceled",
    "reservation.rescinded",
    "reservation.wrapup",
    "reservation.completed",
  ])("%s reaches the page with the fetched reservation and its task", (name) => {
    const { page, raised, receive } = anInbox();
    receive(name, aFrameTask());
    expect(page.commands).toEqual([TASK, RESERVATION]);
    page.request(RESERVATION).succeed(aReservation({ reservation_status: "accepted" }));
    expect(raised).toEqual([]);
    page.request(TASK).succeed(aTask({ priority: 7 }));
    expect(raised).toEqual([[name, expect.any(Reservation)]]);
    expect(raised[0]?.[1]).toMatchObject({
      sid: "WR1",
      reservationStatus: "accepted",
      task: { sid: "WT1", priority: 7, age: 300, attributes: { selected_language: "es" } },
    });
  });

  it("fall back to what the frame told when nothing can be fetched", () => {
    const { page, raised, receive } = anInbox();
    receive("reservation.created", aFrameTask());
    page.request(TASK).refuse(404, 20404, "gone");
    page.advance(5_000);
    const reservation = raised[0]?.[1] as Reservation;
    expect(reservation).toBeInstanceOf(Reservation);
    expect(reservation).toMatchObject({ sid: "WR1", taskSid: "WT1" });
    expect(reservation.task.attributes).toEqual({ selected_language: "es" });
    expect(reservation.task.dateCreated).toEqual(new Date("2026-01-01T10:00:00Z"));
  });

  it("keep the half that could be fetched", () => {
    const { page, raised, receive } = anInbox();
    receive("reservation.created", aFrameTask());
    page.request(TASK).succeed(null);
    page.request(RESERVATION).succeed(aReservation());
    expect(raised[0]?.[1]).toMatchObject({ reservationStatus: "pending", task: { priority: 1 } });
  });

  it("ask nobody when the page wants no fetching, and can be answered all the same", () => {
    const { page, inbox, raised, receive } = anInbox();
    inbox.skipsFetch = true;
    receive("reservation.created", aFrameTask());
    expect(page.posts).toEqual([]);
    (raised[0]?.[1] as Reservation).accept();
    expect(page.commands).toEqual(["POST Tasks/WT1/Reservations/WR1"]);
  });

  it("come in the order of the frames, whichever answer is first", () => {
    const { page, raised, receive } = anInbox();
    receive("reservation.created", aFrameTask("WR1", "WT1"));
    receive("reservation.created", aFrameTask("WR2", "WT2"));
    receive("worker.activity.update", aWorker());
    page.request("GET Tasks/WT2").succeed(aTask({ sid: "WT2" }));
    page.request("GET Tasks/WT2/Reservations/WR2").succeed(aReservation({ sid: "WR2" }));
    expect(raised).toEqual([]);
    page.request(TASK).succeed(aTask());
    page.request(RESERVATION).succeed(aReservation());
    expect(raised.map(([, value]) => (value as { sid: string }).sid)).toEqual([
      "WR1",
      "WR2",
      "WK1",
    ]);
  });

  it("announce a reservation as created only once", () => {
    const { page, bridge, inbox, raised, receive } = anInbox();
    receive("reservation.created", aFrameTask());
    receive("reservation.created", aFrameTask());
    inbox.offer(bridge.map(aReservation()) as Reservation);
    page.advance(5_000);
    expect(raised).toHaveLength(1);
  });

  it("make a reservation known, so that an older snapshot does not announce it", () => {
    const { bridge, inbox, raised, receive } = anInbox();
    inbox.skipsFetch = true;
    receive("reservation.canceled", aFrameTask());
    inbox.offer(bridge.map(aReservation()) as Reservation);
    expect(raised.map(([event]) => event)).toEqual(["reservation.canceled"]);
  });
});

describe("a pending reservation of a snapshot", () => {
  it("is announced when the page does not know it, and once", () => {
    const { bridge, inbox, raised, receive } = anInbox();
    const reservation = bridge.map(aReservation()) as Reservation;
    inbox.offer(reservation);
    inbox.offer(reservation);
    receive("reservation.created", aFrameTask());
    expect(raised).toEqual([["reservation.created", reservation]]);
  });
});
