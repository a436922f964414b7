import { describe, expect, it, vi } from "vitest";
import { Emitter } from "../src/emitter.js";

type Events = { call: [number, string]; quiet: []; error: [string] };

describe("Emitter", () => {
  it("gives listeners the values, in the order they were added, with itself as this", () => {
    const emitter = new Emitter<Events>();
    const calls: unknown[] = [];
    emitter.on("call", function (this: unknown, ...values) {
      calls.push(this, values);
    });
    emitter.addListener("call", (count) => calls.push(count));
    expect(emitter.emit("call", 1, "a")).toBe(true);
    expect(calls).toEqual([emitter, [1, "a"], 1]);
  });

  it("answers false when nobody listens, even to an error", () => {
    expect(new Emitter<Events>().emit("error", "lost")).toBe(false);
  });

  it("runs a once listener a single time, also when it raises the event again", () => {
    const emitter = new Emitter<Events>();
    const listener = vi.fn(() => emitter.emit("quiet"));
    emitter.once("quiet", listener as () => void);
    emitter.emit("quiet");
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("removes a once listener by the function that was handed in", () => {
    const emitter = new Emitter<Events>();
    const listener = vi.fn();
    emitter.once("quiet", listener).removeListener("quiet", listener).emit("quiet");
    expect(listener).not.toHaveBeenCalled();
  });

  it("removes one registration at a time, the newest first", () => {
    const emitter = new Emitter<Events>();
    const order: string[] = [];
    const twice = () => order.push("twice") as unknown as void;
    emitter
      .on("quiet", twice)
      .on("quiet", () => order.push("middle"))
      .on("quiet", twice);
    emitter.off("quiet", twice).emit("quiet");
    expect(order).toEqual(["twice", "middle"]);
  });

  it("lets a listener that is removed during an emit still run in that emit", () => {
    const emitter = new Emitter<Events>();
    const late = vi.fn();
    emitter.on("quiet", () => emitter.removeListener("quiet", late));
    emitter.on("quiet", late);
    emitter.emit("quiet");
    emitter.emit("quiet");
    expect(late).toHaveBeenCalledTimes(1);
  });

  it("does not run a listener that was added during the emit", () => {
    const emitter = new Emitter<Events>();
    const late = vi.fn();
    emitter.once("quiet", () => emitter.on("quiet", late));
    emitter.emit("quiet");
    expect(late).not.toHaveBeenCalled();
  });

  it("forgets all listeners of one event, or of every event", () => {
    const emitter = new Emitter<Events>().on("quiet", vi.fn()).on("error", vi.fn());
    emitter.removeAllListeners("quiet");
    expect([emitter.listenerCount("quiet"), emitter.listenerCount("error")]).toEqual([0, 1]);
    emitter.removeAllListeners();
    expect(emitter.listenerCount("error")).toBe(0);
  });

  it("shows the listeners as they were handed in", () => {
    const listener = vi.fn();
    const emitter = new Emitter<Events>().once("quiet", listener);
    expect(emitter.listeners("quiet")).toEqual([listener]);
    expect(emitter.listeners("error")).toEqual([]);
  });

  it("takes the removal of an unknown listener for granted", () => {
    const emitter = new Emitter<Events>().on("quiet", vi.fn());
    emitter.removeListener("quiet", vi.fn()).removeListener("error", vi.fn());
    expect(emitter.listenerCount("quiet")).toBe(1);
  });

  it("passes on what a listener throws, and runs no later listener", () => {
    const emitter = new Emitter<Events>();
    const later = vi.fn();
    emitter.on("quiet", () => {
      throw new Error("page");
    });
    emitter.on("quiet", later);
    expect(() => emitter.emit("quiet")).toThrow("page");
    expect(later).not.toHaveBeenCalled();
  });

  it("refuses a listener that is not a function", () => {
    const add = () => new Emitter<Events>().on("quiet", "me" as never);
    expect(add).toThrow(new TypeError("Listener needs to be a function"));
  });
});
