import { describe, expect, it, vi } from "vitest";
import { callbackOf, forEach, needObject, needString } from "../src/callback.js";

describe("callbackOf", () => {
  it("gives a callback that does nothing for one that is absent", () => {
    expect(callbackOf(undefined)(null, 1 as never)).toBeUndefined();
    expect(callbackOf(null)(null, 1 as never)).toBeUndefined();
  });

  it("refuses what is no function, by the argument's name", () => {
    expect(() => callbackOf("x")).toThrow(new TypeError("Callback needs to be a function"));
    expect(() => callbackOf({}, "Second argument")).toThrow(
      new TypeError("Second argument needs to be a function"),
    );
  });
});

describe("the checks of arguments", () => {
  it("refuse what is no string and what is no object", () => {
    expect(() => needString(1, "First argument")).toThrow("First argument needs to be a string");
    expect(() => needObject([], "Second argument")).toThrow(
      "Second argument needs to be an object",
    );
    expect(() => needObject(null, "Second argument")).toThrow(TypeError);
  });
});

describe("forEach", () => {
  it("never has more under way than its width, and finishes once", () => {
    const open: (() => void)[] = [];
    const finished = vi.fn();
    forEach([1, 2, 3, 4], 2, (_, done) => open.push(done), finished);
    expect(open).toHaveLength(2);
    open[1]?.();
    expect(open).toHaveLength(3);
    open[0]?.();
    open[2]?.();
    expect(finished).not.toHaveBeenCalled();
    open[3]?.();
    expect(finished).toHaveBeenCalledTimes(1);
  });

  it("finishes at once when there is nothing to do", () => {
    const finished = vi.fn();
    forEach([], 6, () => {}, finished);
    expect(finished).toHaveBeenCalledTimes(1);
  });
});
