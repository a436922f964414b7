import { describe, expect, it } from "vitest";
import type { Disconnection } from "../src/events.js";
import { EXPIRY_LEAD_MS, Session, SILENCE_MS } from "../src/session.js";
import { readToken } from "../src/token.js";
import { aToken } from "./builders.js";
import { FakePage } from "./fake_page.js";

/** A session that has been started, and all that it told. */
function aSession(claims: Record<string, unknown> = {}) {
  const page = new FakePage();
  const told: string[] = [];
  const losses: Disconnection[] = [];
  const session = new Session(page, readToken(aToken(claims)), (token) => `ws:?${token}`, {
    connected: () => told.push("connected"),
    received: (text) => told.push(text),
    failed: (message) => told.push(message),
    disconnected: (loss) => losses.push(loss),
    tokenExpired: () => told.push("expired"),
  });
  session.start();
  return { page, session, told, losses };
}

const HOUR_MS = 3_600_000;
const renewed = (exp: number) => readToken(aToken({ exp, renewed: true }));

describe("a connection", () => {
  it("is opened with the token and told when it is open", () => {
    const { page, session, told } = aSession();
    expect(page.socket.url).toBe(`ws:?${aToken()}`);
    expect(session.isOpen).toBe(false);
    page.socket.listener.opened();
    expect([session.isOpen, told]).toEqual([true, ["connected"]]);
  });

  it("passes on every frame but the blank ones", () => {
    const { page, told } = aSession();
    page.socket.listener.opened();
    for (const text of [" ", "", "\n", "{}"]) page.socket.listener.received(text);
    expect(told).toEqual(["connected", "{}"]);
  });

  it("tells of a failure, and of the loss when it closes", () => {
    const { page, told, losses } = aSession();
    page.socket.listener.failed();
    page.socket.listener.closed(1006, "");
    expect(told).toEqual(["The live channel failed."]);
    expect(losses).toEqual([
      {
        message: "The connection was lost (code 1006).",
        code: 1006,
        evicted: false,
        reconnecting: true,
      },
    ]);
  });
});

describe("silence", () => {
  it("of sixty seconds ends the connection, and a new one follows", () => {
    const { page, session, losses } = aSession();
    page.socket.listener.opened();
    page.advance(SILENCE_MS - 1);
    expect(losses).toEqual([]);
    page.advance(1);
    expect(losses[0]).toMatchObject({
      message: "The server was silent for 60 seconds.",
      code: 0,
      reconnecting: true,
    });
    expect(page.sockets[0]?.closed).toBe(true);
    page.advance(500);
    expect(page.sockets).toHaveLength(2);
    expect(session.isOpen).toBe(false);
  });

  it("is broken by any frame, a blank one too", () => {
    const { page, losses } = aSession();
    page.socket.listener.opened();
    for (let beat = 0; beat < 10; beat++) {
      page.advance(15_000);
      page.socket.listener.received(" ");
    }
    expect(losses).toEqual([]);
  });

  it("also ends a handshake that nobody answers", () => {
    const { page, losses } = aSession();
    page.advance(SILENCE_MS);
    expect(losses).toHaveLength(1);
  });

  it("makes the session deaf to the connection it gave up", () => {
    const { page, told, losses } = aSession();
    const old = page.socket;
    old.listener.opened();
    page.advance(SILENCE_MS);
    old.listener.received("{}");
    old.listener.failed();
    old.listener.closed(4404, "late");
    expect(told).toEqual(["connected"]);
    expect(losses).toHaveLength(1);
  });
});

describe("reconnecting", () => {
  it("waits a random part of 1, 2, 4, 8, 16, 30, 30 seconds", () => {
    const { page } = aSession({ exp: 4_000_000_000 });
    const shortest: (number | undefined)[] = [];
    page.chance = 0.999999;
    for (let loss = 0; loss < 7; loss++) {
      page.socket.listener.closed(1006, "");
      shortest.push(page.waits[0]);
      page.advance(30_000);
    }
    expect(shortest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it("may be at once when chance is low", () => {
    const { page } = aSession();
    page.chance = 0;
    page.socket.listener.closed(1012, "restart");
    page.advance(0);
    expect(page.sockets).toHaveLength(2);
  });

  it("starts with the shortest wait again once a connection proved good", () => {
    const { page, session } = aSession({ exp: 4_000_000_000 });
    page.chance = 0.999999;
    for (let loss = 0; loss < 3; loss++) {
      page.socket.listener.closed(1006, "");
      page.advance(30_000);
    }
    page.socket.listener.opened();
    session.settle();
    page.socket.listener.closed(1006, "");
    expect(page.waits[0]).toBe(1_000);
  });

  it.each([1000, 1001, 1006, 1012, 1013, 4408])("follows the close code %i", (code) => {
    const { page, losses } = aSession();
    page.socket.listener.closed(code, "bye");
    page.advance(1_000);
    expect(page.sockets).toHaveLength(2);
    expect(losses[0]).toMatchObject({ message: "bye", code, reconnecting: true });
  });

  it("uses the newest token", () => {
    const { page, session } = aSession();
    const token = renewed(4_000_000_000);
    session.updateToken(token);
    page.socket.listener.closed(1006, "");
    page.advance(1_000);
    expect(page.socket.url).toBe(`ws:?${token.text}`);
  });
});

describe("final close codes", () => {
  it.each([
    [4403, "token refused", false],
    [4404, "worker deleted", false],
    [1000, "closed by a newer session", true],
  ])("%i %s ends the session for ever", (code, reason, evicted) => {
    const { page, session, told, losses } = aSession();
    page.socket.listener.closed(code, reason);
    expect(losses).toEqual([{ message: reason, code, evicted, reconnecting: false }]);
    page.advance(2 * HOUR_MS);
    session.updateToken(renewed(page.time / 1000));
    page.advance(2 * HOUR_MS);
    expect(page.sockets).toHaveLength(1);
    expect(session.isOver).toBe(true);
    expect(told).toEqual([]);
  });

  it("4401 waits for a new token, tells of the expiry, and then connects at once", () => {
    const { page, session, told, losses } = aSession();
    page.socket.listener.closed(4401, "token expired");
    expect(losses[0]).toMatchObject({ code: 4401, reconnecting: false });
    expect(told).toEqual(["expired"]);
    page.advance(120_000);
    expect(page.sockets).toHaveLength(1);
    const token = renewed(4_000_000_000);
    session.updateToken(token);
    expect(page.socket.url).toBe(`ws:?${token.text}`);
  });

  it("4401 does not stop a session that has a newer token than the socket had", () => {
    const { page, session, losses } = aSession();
    page.socket.listener.opened();
    session.updateToken(renewed(4_000_000_000));
    page.socket.listener.closed(4401, "token expired");
    expect(losses[0]).toMatchObject({ reconnecting: true });
    page.advance(1_000);
    expect(page.sockets).toHaveLength(2);
  });
});

describe("the token's end", () => {
  it("is told five seconds before, and once", () => {
    const { page, told } = aSession();
    page.advance(HOUR_MS - EXPIRY_LEAD_MS - 1);
    expect(told).toEqual([]);
    page.advance(1);
    expect(told).toEqual(["expired"]);
    page.socket.listener.closed(4401, "token expired");
    expect(told).toEqual(["expired"]);
  });

  it("moves with the new token", () => {
    const { page, session, told } = aSession();
    session.updateToken(renewed((page.time + 2 * HOUR_MS) / 1000));
    page.advance(2 * HOUR_MS - EXPIRY_LEAD_MS - 1);
    expect(told).toEqual([]);
    page.advance(1);
    expect(told).toEqual(["expired"]);
  });

  it("is told anew for each token", () => {
    const { page, session, told } = aSession();
    page.advance(HOUR_MS);
    session.updateToken(renewed((page.time + HOUR_MS) / 1000));
    page.advance(HOUR_MS);
    expect(told).toEqual(["expired", "expired"]);
  });

  it("of thirty days is not told at once", () => {
    const { page, told } = aSession({ exp: (Date.UTC(2026, 0, 1) + 30 * 24 * HOUR_MS) / 1000 });
    page.advance(29 * 24 * HOUR_MS);
    expect(told).toEqual([]);
    page.advance(24 * HOUR_MS);
    expect(told).toEqual(["expired"]);
  });

  it("leaves the connection as it is", () => {
    const { page, session } = aSession();
    page.socket.listener.opened();
    for (let beat = 0; beat < 241; beat++) {
      page.socket.listener.received(" ");
      page.advance(15_000);
    }
    expect(session.isOpen).toBe(true);
    expect(page.sockets).toHaveLength(1);
  });
});

describe("the network", () => {
  it("that is gone ends the connection, and one that is there again brings it back at once", () => {
    const { page, losses } = aSession();
    page.socket.listener.opened();
    page.network(false);
    page.network(false);
    expect(losses).toEqual([
      { message: "The network is gone.", code: 0, evicted: false, reconnecting: true },
    ]);
    expect(page.sockets).toHaveLength(1);
    page.network(true);
    page.network(true);
    expect(page.sockets).toHaveLength(2);
    page.advance(59_000);
    expect(page.sockets).toHaveLength(2);
  });

  it("brings back nobody who wants no connection", () => {
    const { page, session } = aSession();
    session.disconnect();
    page.network(true);
    expect(page.sockets).toHaveLength(1);
  });
});
