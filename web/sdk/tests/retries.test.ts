import { describe, expect, it } from "vitest";
import { aCallback, aClient, aReadyClient, aTask } from "./builders.js";

const COMMAND = "POST Tasks/WT1";

describe("maxRetries", () => {
  it("is 0 unless the page says otherwise: a failed command is not repeated", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.updateTask("WT1", { Priority: "15" }, callback);
    page.request(COMMAND).refuse(503, 20503, "busy");
    page.advance(60_000);
    expect(page.commands).toEqual([COMMAND]);
    expect(page.request(COMMAND).envelope).not.toHaveProperty("request_id");
    expect(callback.mock.calls[0]?.[0]).toMatchObject({ code: 503, message: "busy" });
  });

  it.each([0, 429, 502, 503, 504])(
    "repeats after status %i, with the same name",
    async (status) => {
      const { page, worker } = await aReadyClient({ maxRetries: 2 });
      const callback = aCallback();
      worker.updateTask("WT1", { Priority: "15" }, callback);
      page.request(COMMAND).answer(status, "no");
      page.advance(250);
      expect(page.commands).toEqual([COMMAND, COMMAND]);
      const [first, second] = page.posts.map(({ envelope }) => envelope);
      expect(first?.request_id).toMatch(/^[a-z0-9-]{10,200}$/);
      expect(second).toEqual(first);
      page.request(COMMAND).succeed(aTask({ priority: 15 }));
      expect(callback).toHaveBeenCalledTimes(1);
      expect(callback).toHaveBeenCalledWith(null, expect.objectContaining({ priority: 15 }));
    },
  );

  it("waits a random part of 0.5, 1, 2 … seconds, and gives up after the last", async () => {
    const { page, worker } = await aReadyClient({ maxRetries: 3 });
    page.chance = 0.999;
    const callback = aCallback();
    worker.updateTask("WT1", {}, callback);
    for (const delay_ms of [500, 999, 1998]) {
      page.request(COMMAND).refuse(503, 20503, "busy");
      const before = page.posts.length;
      page.advance(delay_ms - 1);
      expect(page.posts).toHaveLength(before);
      page.advance(1);
      expect(page.posts).toHaveLength(before + 1);
    }
    expect(callback).not.toHaveBeenCalled();
    page.request(COMMAND).refuse(503, 20503, "busy");
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("repeats what was not answered in time", async () => {
    const { page, worker } = await aReadyClient({ maxRetries: 1 });
    worker.updateTask("WT1", {}, aCallback());
    page.advance(5_000 + 250);
    expect(page.commands).toEqual([COMMAND, COMMAND]);
  });

  it.each([400, 401, 403, 404, 410, 412, 500])("takes %i as it is", async (status) => {
    const { page, worker } = await aReadyClient({ maxRetries: 2 });
    const callback = aCallback();
    worker.updateTask("WT1", {}, callback);
    page.request(COMMAND).refuse(status, 20001, "no");
    page.advance(60_000);
    expect(page.commands).toEqual([COMMAND]);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("names no reading, and gives every other command a name of its own", async () => {
    const { page, worker } = await aReadyClient({ maxRetries: 1 });
    worker.fetch();
    expect(page.request().envelope).not.toHaveProperty("request_id");
    worker.updateTask("WT1", {});
    const first = page.request().envelope.request_id;
    page.chance = 0.25;
    worker.delete();
    expect(page.request().envelope.request_id).not.toBe(first);
  });
});

describe("disconnect and reconnect", () => {
  it("leave no connection, tell so once, and make one again", async () => {
    const { page, worker } = await aReadyClient();
    const losses: unknown[] = [];
    worker.on("disconnected", (loss) => losses.push(loss));
    const socket = page.socket;
    worker.disconnect();
    worker.disconnect();
    expect(socket.closed).toBe(true);
    expect(losses).toEqual([
      { message: "SDK Disconnect", code: 0, evicted: false, reconnecting: false },
    ]);
    socket.listener.closed(1000, "");
    page.advance(120_000);
    expect(page.sockets).toHaveLength(1);
    worker.reconnect();
    worker.reconnect();
    expect(page.sockets).toHaveLength(2);
    page.socket.listener.opened();
    worker.reconnect();
    expect(page.sockets).toHaveLength(2);
    expect(losses).toHaveLength(1);
  });

  it("disconnect also ends the waiting for the next attempt", async () => {
    const { page, worker } = await aReadyClient();
    page.socket.listener.closed(1006, "");
    worker.disconnect();
    page.advance(120_000);
    expect(page.sockets).toHaveLength(1);
  });

  it("reconnect shortens the waiting, and comes back after an eviction", async () => {
    const { page, worker } = await aReadyClient();
    page.socket.listener.closed(1006, "");
    worker.reconnect();
    expect(page.sockets).toHaveLength(2);
    page.advance(60_000 - 1);
    expect(page.sockets).toHaveLength(2);
    page.socket.listener.closed(1000, "closed by a newer session");
    page.advance(120_000);
    expect(page.sockets).toHaveLength(2);
    worker.reconnect();
    expect(page.sockets).toHaveLength(3);
  });

  it("commands work without a connection", () => {
    const { page, worker } = aClient();
    worker.disconnect();
    const callback = aCallback();
    worker.updateTask("WT1", {}, callback);
    page.request(COMMAND).succeed(aTask());
    expect(callback).toHaveBeenCalledWith(null, expect.objectContaining({ sid: "WT1" }));
  });
});
