import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Client } from "../src/client.js";
import { Reservation } from "../src/resources/reservation.js";
import { WorkerClient } from "../src/worker.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../../../docs/browser-sdk.md");
const source = read("../src/events.ts");
const table = source.slice(source.indexOf("interface ClientEvents"));
const events = [...table.matchAll(/^ {2}"?([a-z.]+)"?: \[/gm)].map(([, name]) => name);
const internal = [
  ...(read("../src/client.ts") + read("../src/worker.ts")).matchAll(/protected .*?(\w+)[:<(]/g),
];
const hidden = new Set(["constructor", ...internal.map(([, name]) => name)]);
const own = (Class) =>
  Object.getOwnPropertyNames(Class.prototype).filter((name) => !hidden.has(name));
const answers = ["accept", "reject", "conference", "dequeue", "call", "redirect"];

describe("the page on the browser SDK", () => {
  it.each(events)("tells of the event %s", (name) =>
    expect(page).toMatch(new RegExp(`\`${name}\`|^### ${name}$`, "m")),
  );

  it.each([...own(Client), ...own(WorkerClient)])("tells of the worker's method %s", (name) =>
    expect(page).toMatch(new RegExp(`\\*\\*${name}\\(`)),
  );

  it.each(answers)("tells of the reservation's action %s", (name) => {
    expect(own(Reservation)).toContain(name);
    expect(page).toContain(`reservation.${name}(`);
  });

  it("knows a table of events", () => expect(events.length).toBeGreaterThan(20));
});
