import { describe, expect, it, vi } from "vitest";
import { browserEnvironment, type Scope } from "../src/browser.js";
import type { Answer } from "../src/environment.js";
import { arrivals } from "./fake_page.js";

/** A window of which a test replaces what it looks at. */
function aScope(parts: Record<string, unknown>): Scope {
  return { ...parts, AbortController, Blob, Date, Math } as unknown as Scope;
}

const REQUEST = { url: "https://a.example", body: "{}", keepalive: true };

describe("the clock of a page", () => {
  it("is the machine's, and its timers can be taken back", () => {
    vi.useFakeTimers({ now: 1_000 });
    const page = browserEnvironment();
    const [kept, dropped] = [vi.fn(), vi.fn()];
    page.after(50, kept);
    page.after(50, dropped)();
    vi.advanceTimersByTime(50);
    expect([page.now(), kept.mock.calls.length, dropped.mock.calls.length]).toEqual([1_050, 1, 0]);
    vi.useRealTimers();
  });

  it("comes with chance between 0 and 1", () => {
    const chance = browserEnvironment().random();
    expect(chance >= 0 && chance < 1).toBe(true);
  });
});

describe("a socket of a page", () => {
  it("tells all it hears, and closes", () => {
    const made: Record<string, unknown>[] = [];
    class WebSocket {
      close = vi.fn();
      constructor(readonly url: string) {
        made.push(this as unknown as Record<string, unknown>);
      }
    }
    const told: unknown[] = [];
    const socket = browserEnvironment(aScope({ WebSocket })).connect("wss://a.example", {
      opened: () => told.push("opened"),
      received: (text) => told.push(text),
      failed: () => told.push("failed"),
      closed: (code, reason) => told.push([code, reason]),
    });
    const heard = made[0] as unknown as globalThis.WebSocket;
    heard.onopen?.({} as Event);
    heard.onmessage?.({ data: "{}" } as MessageEvent);
    heard.onerror?.({} as Event);
    heard.onclose?.({ code: 1006, reason: "" } as CloseEvent);
    socket.close();
    expect(heard.url).toBe("wss://a.example");
    expect(told).toEqual(["opened", "{}", "failed", [1006, ""]]);
    expect(heard.close).toHaveBeenCalledTimes(1);
  });
});

describe("a request of a page", () => {
  it("is a simple one, without cookies, and gives status and body", async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response("{}"));
    const done = vi.fn<(answer: Answer) => void>();
    browserEnvironment(aScope({ fetch })).post(REQUEST, done);
    await vi.waitFor(() =>
      expect(done).toHaveBeenCalledExactlyOnceWith({ status: 200, body: "{}" }),
    );
    expect(fetch).toHaveBeenCalledExactlyOnceWith(REQUEST.url, {
      method: "POST",
      body: "{}",
      headers: { "Content-Type": "text/plain;charset=UTF-8" },
      keepalive: true,
      signal: expect.any(AbortSignal),
      credentials: "omit",
    });
  });

  it("gives status 0 and a sentence when the server cannot be reached", async () => {
    const fetch = vi.fn(() => Promise.reject(new TypeError("refused")));
    const done = vi.fn<(answer: Answer) => void>();
    browserEnvironment(aScope({ fetch })).post(REQUEST, done);
    await arrivals();
    expect(done).toHaveBeenCalledExactlyOnceWith({
      status: 0,
      body: "The server was not reached: TypeError: refused",
    });
  });

  it("gives nothing after it was taken back", async () => {
    const fetch = vi.fn(() => Promise.reject(new TypeError("aborted")));
    const done = vi.fn<(answer: Answer) => void>();
    browserEnvironment(aScope({ fetch })).post(REQUEST, done)();
    await arrivals();
    expect(done).not.toHaveBeenCalled();
  });
});

describe("a beacon of a page", () => {
  it("is sent as plain text", async () => {
    const sendBeacon = vi.fn((_url: string, _body: Blob) => true);
    browserEnvironment(aScope({ navigator: { sendBeacon } })).beacon("https://a.example", "{}");
    const [url, body] = sendBeacon.mock.calls[0] as [string, Blob];
    expect([url, body.type, await body.text()]).toEqual([
      "https://a.example",
      "text/plain;charset=utf-8",
      "{}",
    ]);
  });

  it.each([{}, { sendBeacon: () => false }])(
    "becomes a request that outlives the page when %o cannot send it",
    async (navigator) => {
      const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response(""));
      browserEnvironment(aScope({ navigator, fetch })).beacon("https://a.example", "{}");
      await arrivals();
      expect(fetch.mock.calls[0]?.[1]).toMatchObject({ keepalive: true, body: "{}" });
    },
  );
});

describe("what a page is told", () => {
  it("goes to its console, to its error listeners, and comes when it is left", () => {
    const [log, reportError, addEventListener] = [vi.fn(), vi.fn(), vi.fn()];
    const page = browserEnvironment(aScope({ console: { log }, reportError, addEventListener }));
    const leave = vi.fn();
    page.log("event", "ready");
    page.report("mistake");
    page.onLeave(leave);
    expect(log).toHaveBeenCalledExactlyOnceWith("[TaskRouter]", "event", "ready");
    expect(reportError).toHaveBeenCalledExactlyOnceWith("mistake");
    expect(addEventListener).toHaveBeenCalledExactlyOnceWith("pagehide", leave);
  });
});

describe("the network of a page", () => {
  it("is told when it goes and when it comes", () => {
    const scope = new EventTarget();
    const told: boolean[] = [];
    const addEventListener = scope.addEventListener.bind(scope);
    browserEnvironment(aScope({ addEventListener })).onNetwork((there) => told.push(there));
    scope.dispatchEvent(new Event("offline"));
    scope.dispatchEvent(new Event("online"));
    expect(told).toEqual([false, true]);
  });
});
