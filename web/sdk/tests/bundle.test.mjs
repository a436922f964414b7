import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bundle, MOST_BYTES } from "../bundle.mjs";

/** A page in TypeScript, in the words of the documentation; the last lines must not compile. */
const PAGE = `
import TaskRouter, { Worker, type Reservation } from "./taskrouter";
const worker = new Twilio.TaskRouter.Worker("token", false, "WA1", "WA2", true, "ie1", 0);
Twilio.TaskRouter.baseUrl = "https://router.example";
worker.on("ready", (ready) => ready.friendlyName.toUpperCase());
worker.on("reservation.created", (reservation) => {
  const language: string = reservation.task.attributes.selected_language;
  reservation.accept((error, accepted) => {
    if (error) console.log(error.code, error.message, error.twilioCode);
    else accepted.task.complete(null, language);
  });
  reservation.reject("WA1");
  reservation.conference(null, null, null, null, null, { Record: "true" });
  reservation.call("1", "http://a.example", null, null, null, null, (error) => error?.code);
  reservation.dequeue("1", "WA1", "record-from-answer", "30", "http://a.example", "client:joey");
});
worker.update({ FriendlyName: "al" }, (error, updated) => updated.activityName.length);
worker.fetchReservations((error, list) => {
  for (const each of list) ((one: Reservation) => one.sid)(each);
});
export const same: typeof Worker = TaskRouter.Worker;
// @ts-expect-error: no such event
worker.on("reservation.lost", () => {});
// @ts-expect-error: no such field
worker.on("ready", (ready) => ready.friendly_name);
`;

let files;

beforeAll(async () => {
  files = await bundle();
}, 60_000);

describe("the bundle", () => {
  it("is the same to the byte when it is made twice", { timeout: 60_000 }, async () => {
    expect(await bundle()).toEqual(files);
  });

  it("keeps the script within its size", () => {
    expect(Buffer.byteLength(files["taskrouter.min.js"])).toBeLessThanOrEqual(MOST_BYTES);
  });

  it("names no other file and no other machine", () => {
    for (const text of Object.values(files)) expect(text).not.toMatch(/\bfrom\s*"|sourceMapping/);
  });

  it("has a script that makes the global and its class", () => {
    const page = {};
    const currentScript = { src: "https://router.example/sdk/taskrouter.min.js", dataset: {} };
    const run = new Function("globalThis", "document", files["taskrouter.min.js"]);
    run(page, { currentScript });
    expect(page.Twilio.TaskRouter.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(() => new page.Twilio.TaskRouter.Worker("")).toThrow("Token is required");
  });

  it(
    "has types that a page in the documentation's words compiles with",
    { timeout: 60_000 },
    () => {
      const folder = mkdtempSync(join(tmpdir(), "sdk-page-"));
      try {
        writeFileSync(join(folder, "taskrouter.d.ts"), files["taskrouter.d.ts"]);
        writeFileSync(join(folder, "page.ts"), PAGE);
        const types = createRequire(import.meta.url).resolve("typescript/package.json");
        const compiler = join(dirname(types), "bin", "tsc");
        const settings = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext"];
        const more = ["--moduleResolution", "bundler", "--lib", "es2023,dom", "--ignoreConfig"];
        const out = execFileSync(process.execPath, [compiler, ...settings, ...more, "page.ts"], {
          cwd: folder,
          encoding: "utf8",
        });
        expect(out).toBe("");
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
