import { describe, expect, it } from "vitest";
import { aClient, aList, aReservation, aTask, aToken, aWorker, heard } from "./builders.js";
import { arrivals, type FakePage } from "./fake_page.js";

const READY = "GET Workers/WK1";
const PENDING = "GET Workers/WK1/Reservations";

/** The server knows the worker and these reservations of his. */
function serve(page: FakePage, ...reservations: Record<string, unknown>[]): void {
  page.payloads.set(READY, aWorker());
  page.payloads.set(PENDING, aList("reservations", reservations));
  page.payloads.set("GET Tasks/WT1", aTask());
}

async function open(page: FakePage): Promise<void> {
  page.socket.listener.opened();
  await arrivals();
}

describe("when the channel opens", () => {
  it("connected is raised, the worker is asked for, and ready brings him", async () => {
    const { page, worker } = aClient();
    const connected = heard(worker, "connected");
    const ready = heard(worker, "ready");
    page.socket.listener.opened();
    expect(connected).toEqual([[]]);
    expect(page.request().envelope).toMatchObject({ method: "GET", event_type: "ready" });
    expect(page.request().envelope).not.toHaveProperty("params");
    page.request().succeed(aWorker({ available: false }));
    expect(ready).toHaveLength(1);
    expect(ready[0]?.[0]).toMatchObject({
      sid: "WK1",
      friendlyName: "alice",
      activityName: "Available",
      available: false,
    });
  });

  it("the client bears the worker's fields from ready on", async () => {
    const { page, worker } = aClient();
    expect(worker.friendlyName).toBeUndefined();
    serve(page);
    await open(page);
    expect(worker).toMatchObject({ sid: "WK1", friendlyName: "alice", available: true });
  });

  it("pending reservations are announced with their tasks, after ready", async () => {
    const { page, worker } = aClient({ connectActivitySid: "WA2" });
    const order: string[] = [];
    worker.on("ready", () => order.push("ready"));
    worker.on("reservation.created", ({ sid, task }) => order.push(`${sid} ${task.priority}`));
    serve(page, aReservation(), aReservation({ sid: "WR2" }));
    await open(page);
    expect(order).toEqual(["ready", "WR1 1", "WR2 1"]);
    expect(page.request(PENDING).envelope.params).toEqual({
      ReservationStatus: "pending",
      PageSize: 1000,
    });
    expect(page.commands).not.toContain("POST Workers/WK1");
  });

  it("no other event comes before ready", async () => {
    const { page, worker } = aClient();
    const order: string[] = [];
    worker.on("ready", () => order.push("ready"));
    worker.on("activity.update", () => order.push("activity.update"));
    page.socket.listener.opened();
    page.socket.send("worker.activity.update", aWorker());
    expect(order).toEqual([]);
    page.request(READY).succeed(aWorker());
    expect(order).toEqual(["ready", "activity.update"]);
  });

  it("a worker without a pending reservation is moved to his connect activity", async () => {
    const { page } = aClient({ connectActivitySid: "WA2" });
    serve(page);
    await open(page);
    expect(page.request("POST Workers/WK1").envelope.params).toEqual({ ActivitySid: "WA2" });
  });

  it("a worker without a connect activity stays where he is", async () => {
    const { page } = aClient();
    serve(page);
    await open(page);
    expect(page.commands).toEqual([READY, PENDING]);
  });

  it("a token without the right to move him is told by the capability's name", async () => {
    const { page, worker } = aClient({ connectActivitySid: "WA2" });
    const errors = heard(worker, "error");
    serve(page);
    await open(page);
    page.request("POST Workers/WK1").refuse(403, 20003, "No policy allows it.");
    expect(errors).toEqual([
      [
        {
          response: 403,
          message:
            "The worker was not moved to WA2: the token lacks the capability ActivityUpdates. " +
            "No policy allows it.",
        },
      ],
    ]);
  });

  it("any other refusal of the connect activity is told in the server's words", async () => {
    const { page, worker } = aClient({ connectActivitySid: "WA9" });
    const errors = heard(worker, "error");
    serve(page);
    await open(page);
    page.request("POST Workers/WK1").refuse(400, 20001, "WA9 is unknown.");
    expect(errors[0]?.[0].message).toBe("The worker was not moved to WA9: WA9 is unknown.");
  });
});

describe("when the worker cannot be had", () => {
  it.each([503, 500, 429, 0])("status %i is told, and a new connection follows", (status) => {
    const { page, worker } = aClient();
    const errors = heard(worker, "error");
    const losses = heard(worker, "disconnected");
    page.socket.listener.opened();
    page.request().answer(status, '{"message":"later"}');
    expect(errors[0]?.[0].response).toBe(status);
    expect(losses[0]?.[0]).toMatchObject({ reconnecting: true });
    page.advance(1_000);
    expect(page.sockets).toHaveLength(2);
  });

  it.each([401, 403, 404])("status %i is told, and the connection stays", (status) => {
    const { page, worker } = aClient();
    const errors = heard(worker, "error");
    const ready = heard(worker, "ready");
    page.socket.listener.opened();
    page.request().refuse(status, 20003, "no");
    page.advance(30_000);
    expect(errors).toEqual([[{ response: status, message: "no" }]]);
    expect([ready, page.sockets.length]).toEqual([[], 1]);
  });

  it("events that came meanwhile are not held back for ever", () => {
    const { page, worker } = aClient();
    const updates = heard(worker, "activity.update");
    page.socket.listener.opened();
    page.socket.send("worker.activity.update", aWorker());
    page.request().refuse(403, 20003, "no");
    expect(updates).toHaveLength(1);
  });

  it("back-off grows until ready, not until the channel opens", () => {
    const { page } = aClient({ token: aToken({ exp: 4_000_000_000 }) });
    page.chance = 0.999999;
    const waits: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      page.socket.listener.opened();
      page.request().refuse(503, 20503, "not durable");
      waits.push(page.waits[0]);
      page.advance(30_000);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });

  it("back-off starts anew once a connection led to ready", () => {
    const { page } = aClient({ token: aToken({ exp: 4_000_000_000 }) });
    page.chance = 0.999999;
    for (let attempt = 0; attempt < 3; attempt++) {
      page.socket.listener.closed(1006, "");
      page.advance(30_000);
    }
    page.socket.listener.opened();
    page.request().succeed(aWorker());
    page.socket.listener.closed(1006, "");
    expect(page.waits[0]).toBe(1_000);
  });

  it("an answer for an earlier connection is not taken for the present one", () => {
    const { page, worker } = aClient();
    const ready = heard(worker, "ready");
    page.socket.listener.opened();
    page.socket.listener.closed(1006, "");
    page.request().succeed(aWorker());
    expect(ready).toEqual([]);
    expect(page.commands).toEqual([READY]);
  });
});

describe("after a reconnect", () => {
  it("ready is raised again, and only reservations not seen before are announced", async () => {
    const { page, worker } = aClient();
    const ready = heard(worker, "ready");
    const created = heard(worker, "reservation.created");
    serve(page, aReservation());
    await open(page);
    page.socket.listener.closed(1012, "restart");
    page.advance(1_000);
    serve(page, aReservation(), aReservation({ sid: "WR2" }));
    await open(page);
    expect(ready).toHaveLength(2);
    expect(created.map(([{ sid }]) => sid)).toEqual(["WR1", "WR2"]);
  });

  it("a list of reservations that cannot be had starts it over", () => {
    const { page, worker } = aClient();
    const errors = heard(worker, "error");
    page.socket.listener.opened();
    page.request(READY).succeed(aWorker());
    page.request(PENDING).refuse(503, 20503, "not durable");
    page.advance(1_000);
    expect(errors).toEqual([[{ response: 503, message: "not durable" }]]);
    expect(page.sockets).toHaveLength(2);
  });

  it("a list for an earlier connection changes nothing", () => {
    const { page } = aClient({ connectActivitySid: "WA2" });
    page.socket.listener.opened();
    page.request(READY).succeed(aWorker());
    page.socket.listener.closed(1006, "");
    page.request(PENDING).succeed(aList("reservations", []));
    expect(page.commands).toEqual([READY, PENDING]);
  });
});

describe("a new token", () => {
  it("is shown to the server at once, so that the open channel lives as long", async () => {
    const { page, worker } = aClient();
    serve(page);
    await open(page);
    const token = aToken({ exp: 4_000_000_000 });
    worker.updateToken(token);
    expect(page.request().envelope).toMatchObject({ method: "GET", token });
    expect(page.request().envelope).not.toHaveProperty("event_type");
  });

  it("begins again when the old one never led to ready", () => {
    const { page, worker } = aClient();
    const ready = heard(worker, "ready");
    page.socket.listener.opened();
    page.request().refuse(403, 20003, "no");
    worker.updateToken(aToken({ exp: 4_000_000_000 }));
    page.request().succeed(aWorker());
    expect(ready).toHaveLength(1);
  });

  it("waits for the next connection when none is open", () => {
    const { page, worker } = aClient();
    worker.updateToken(aToken({ exp: 4_000_000_000 }));
    expect(page.posts).toEqual([]);
  });
});
