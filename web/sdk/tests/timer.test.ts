import { describe, expect, it, vi } from "vitest";
import { at, LONGEST_DELAY_MS } from "../src/timer.js";
import { FakePage } from "./fake_page.js";

const DAY_MS = 86_400_000;

describe("at", () => {
  it("runs at the instant and not before", () => {
    const page = new FakePage();
    const run = vi.fn();
    at(page, page.time + 1_000, run);
    page.advance(999);
    expect(run).not.toHaveBeenCalled();
    page.advance(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("waits thirty days in steps that a browser can keep", () => {
    const page = new FakePage();
    const run = vi.fn();
    at(page, page.time + 30 * DAY_MS, run);
    expect(page.waits).toEqual([LONGEST_DELAY_MS]);
    page.advance(30 * DAY_MS - 1);
    expect(run).not.toHaveBeenCalled();
    page.advance(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("runs soon, but not at once, for an instant that has passed", () => {
    const page = new FakePage();
    const run = vi.fn();
    at(page, page.time - 1_000, run);
    expect(run).not.toHaveBeenCalled();
    page.advance(0);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("never runs after it was canceled, in whichever step", () => {
    const page = new FakePage();
    const run = vi.fn();
    const cancel = at(page, page.time + 30 * DAY_MS, run);
    page.advance(26 * DAY_MS);
    cancel();
    page.advance(30 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });
});
