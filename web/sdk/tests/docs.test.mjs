import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Reservation } from "../src/resources/reservation.js";
import { WorkerClient } from "../src/worker.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../../../docs/browser-sdk.md");
const source = read("../src/events.ts");
const table = source.slice(source.indexOf("interface WorkerEvents"));
const events = [...table.matchAll(/^ {2}"?([a-z.]+)"?: \[/gm)].map(([, name]) => name);
const own = (Class) => Object.getOwnPropertyNames(Class.prototype);
const answers = ["accept", "reject", "conference", "dequeue", "call", "redirect"];

describe("the page on the browser SDK", () => {
  it.each(events)("tells of the event %s", (name) => expect(page).toContain(`\`${name}\``));

  it.each(own(WorkerClient).filter((name) => name !== "constructor"))(
    "tells of the worker's method %s",
    (name) => expect(page).toMatch(new RegExp(`\\*\\*${name}\\(`)),
  );

  it.each(answers)("tells of the reservation's action %s", (name) => {
    expect(own(Reservation)).toContain(name);
    expect(page).toContain(`reservation.${name}(`);
  });

  it("knows a table of events", () => expect(events.length).toBeGreaterThan(20));
});
