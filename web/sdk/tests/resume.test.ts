import { describe, expect, it } from "vitest";
import {
  aFrameTask,
  aList,
  aReadyClient,
  aReservation,
  aTask,
  aWorker,
  heard,
} from "./builders.js";
import { arrivals, type FakePage } from "./fake_page.js";
import type { WorkerClient } from "../src/worker.js";

const RESERVATION = "GET Tasks/WT1/Reservations/WR1";

/** A client that was ready, was told where to count from, and heard of a pending reservation. */
async function aClientWithOffer(): Promise<{ page: FakePage; worker: WorkerClient }> {
  const { page, worker } = await aReadyClient();
  page.socket.send("resync", null, 10);
  page.payloads.set("GET Tasks/WT1", aTask());
  page.payloads.set(RESERVATION, aReservation());
  page.socket.send("reservation.created", aFrameTask(), 12);
  await arrivals();
  page.posts.length = 0;
  return { page, worker };
}

async function reconnect(page: FakePage): Promise<void> {
  page.socket.listener.closed(1006, "");
  page.advance(1_000);
  page.socket.listener.opened();
  await arrivals();
}

const after = (page: FakePage) => new URL(page.socket.url).searchParams.get("after");

describe("a client that comes back", () => {
  it("names no frame the first time", async () => {
    const { page } = await aReadyClient();
    expect(after(page)).toBe("");
  });

  it("names the last frame that it got", async () => {
    const { page } = await aClientWithOffer();
    await reconnect(page);
    expect(after(page)).toBe("12");
  });

  it("names the event that it was told to count from while nothing else came", async () => {
    const { page } = await aReadyClient();
    page.socket.send("resync", null, 10);
    expect(page.posts).toEqual([]);
    await reconnect(page);
    expect(after(page)).toBe("10");
  });

  it("hears what is replayed after ready, in order, and nothing twice", async () => {
    const { page, worker } = await aClientWithOffer();
    const order: string[] = [];
    worker.on("ready", () => order.push("ready"));
    worker.on("reservation.created", () => order.push("created"));
    worker.on("activity.update", ({ activityName }) => order.push(String(activityName)));
    worker.on("reservation.timeout", () => order.push("timeout"));
    page.payloads.delete("GET Workers/WK1");
    await reconnect(page);
    page.socket.send("reservation.created", aFrameTask(), 12);
    page.socket.send("reservation.timeout", aFrameTask(), 13);
    page.socket.send("reservation.timeout", aFrameTask(), 13);
    page.socket.send("worker.activity.update", aWorker({ activity_name: "Offline" }), 15);
    await arrivals();
    expect(order).toEqual([]);
    page.request("GET Workers/WK1").succeed(aWorker());
    await arrivals();
    expect(order).toEqual(["ready", "timeout", "Offline"]);
  });
});

describe("a client that cannot be given what it missed", () => {
  it.each([
    ["timeout", "reservation.timeout"],
    ["canceled", "reservation.canceled"],
    ["rescinded", "reservation.rescinded"],
    ["rejected", "reservation.rejected"],
    ["accepted", "reservation.accepted"],
    ["wrapping", "reservation.wrapup"],
    ["completed", "reservation.completed"],
  ] as const)("raises what became of its reservation: %s", async (status, event) => {
    const { page, worker } = await aClientWithOffer();
    const events = heard(worker, event);
    page.payloads.set(RESERVATION, aReservation({ reservation_status: status }));
    await reconnect(page);
    page.socket.send("resync", null, 40);
    await arrivals();
    expect(events).toHaveLength(1);
    expect(events[0]?.[0]).toMatchObject({ sid: "WR1", task: { sid: "WT1" } });
    await reconnect(page);
    page.socket.send("resync", null, 50);
    await arrivals();
    expect(events).toHaveLength(1);
  });

  it("raises nothing for what is as it was", async () => {
    const { page, worker } = await aClientWithOffer();
    const names: string[] = [];
    const emit = worker.emit.bind(worker);
    worker.emit = (name, ...values) => {
      names.push(name);
      return emit(name, ...values);
    };
    await reconnect(page);
    page.socket.send("resync", null, 40);
    await arrivals();
    expect(names).toEqual(["disconnected", "connected", "ready"]);
    await reconnect(page);
    expect(after(page)).toBe("40");
  });

  it("raises the changes of the worker himself, although ready brought them too", async () => {
    const { page, worker } = await aClientWithOffer();
    const [activities, attributes] = [
      heard(worker, "activity.update"),
      heard(worker, "attributes.update"),
    ];
    const changed = { activity_sid: "WA2", activity_name: "Offline", attributes: '{"level":2}' };
    page.payloads.set("GET Workers/WK1", aWorker(changed));
    await reconnect(page);
    page.socket.send("resync", null, 40);
    await arrivals();
    expect(activities[0]?.[0]).toMatchObject({ activityName: "Offline" });
    expect(attributes[0]?.[0]).toMatchObject({ attributes: { level: 2 } });
    await reconnect(page);
    page.socket.send("resync", null, 50);
    await arrivals();
    expect([activities.length, attributes.length]).toEqual([1, 1]);
  });

  it("announces reservations that were made meanwhile once", async () => {
    const { page, worker } = await aClientWithOffer();
    const created = heard(worker, "reservation.created");
    const second = aReservation({ sid: "WR2" });
    page.payloads.set("GET Workers/WK1/Reservations", aList("reservations", [second]));
    await reconnect(page);
    page.socket.send("resync", null, 40);
    await arrivals();
    expect(created.map(([{ sid }]) => sid)).toEqual(["WR2"]);
  });

  it("looks again at the next connection if the server did not answer", async () => {
    const { page, worker } = await aClientWithOffer();
    const timeout = heard(worker, "reservation.timeout");
    page.payloads.delete(RESERVATION);
    await reconnect(page);
    page.socket.send("resync", null, 40);
    await arrivals();
    page.request(RESERVATION).refuse(503, 20503, "busy");
    page.payloads.set(RESERVATION, aReservation({ reservation_status: "timeout" }));
    await reconnect(page);
    expect(after(page)).toBe("");
    page.socket.send("resync", null, 50);
    await arrivals();
    expect(timeout).toHaveLength(1);
    await reconnect(page);
    expect(after(page)).toBe("50");
  });
});
