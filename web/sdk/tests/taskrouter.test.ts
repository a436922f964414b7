import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import TaskRouter, * as module from "../src/index.js";
import { install, type Surroundings } from "../src/script_tag.js";
import { aToken } from "./builders.js";

const TAG = { src: "https://router.example/sdk/taskrouter.min.js", dataset: {} };

/** The addresses of the sockets that were opened. */
let opened: string[];

beforeEach(() => {
  opened = [];
  vi.stubGlobal(
    "WebSocket",
    class {
      constructor(url: string) {
        opened.push(url);
      }
    },
  );
  vi.stubGlobal("addEventListener", vi.fn());
  vi.useFakeTimers();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  Object.assign(TaskRouter, { baseUrl: undefined, regions: {} });
});

describe("the ES module", () => {
  it("exports the classes, and the whole as default", () => {
    expect(Object.keys(module).sort()).toEqual([
      "TaskQueue",
      "TaskRouter",
      "TaskRouterError",
      "Worker",
      "Workspace",
      "default",
      "version",
    ]);
    expect(TaskRouter).toMatchObject({ Worker: module.Worker, version: "0.0.0-test" });
  });
});

describe("the script tag", () => {
  it("makes the global Twilio.TaskRouter", () => {
    const page: Surroundings = {};
    install(page, TAG);
    expect(page.Twilio?.TaskRouter?.Worker).toBe(module.Worker);
  });

  it("adds to a Twilio that is there already, and keeps what the page has set", () => {
    const Device = class {};
    const settings = { baseUrl: "https://page.example", Worker: "older" };
    const page = { Twilio: { Device, TaskRouter: settings } } as unknown as Surroundings;
    const before = page.Twilio;
    install(page, TAG);
    expect(page.Twilio).toBe(before);
    expect(page.Twilio).toMatchObject({
      Device,
      TaskRouter: { baseUrl: "https://page.example", Worker: module.Worker },
    });
  });

  it("reads the regions of its tag, under those that the page has set", () => {
    const regions = { ie1: "https://page-ie1.example" };
    const page: Surroundings = { Twilio: { TaskRouter: { regions } } };
    const table = { ie1: "https://ie1.example", au1: "https://au1.example" };
    install(page, { ...TAG, dataset: { regions: JSON.stringify(table) } });
    expect(page.Twilio?.TaskRouter?.regions).toEqual({
      ie1: "https://page-ie1.example",
      au1: "https://au1.example",
    });
  });

  it("is usable although its regions are unreadable, which is told", () => {
    const page: Surroundings = {};
    expect(() => install(page, { ...TAG, dataset: { regions: "[" } })).toThrow(SyntaxError);
    expect(page.Twilio?.TaskRouter?.Worker).toBe(module.Worker);
  });

  it("tells an AMD loader the TaskRouter object, and only one", () => {
    const define = Object.assign(vi.fn(), { amd: {} });
    install({ define }, TAG);
    const [names, factory] = define.mock.calls[0] as [string[], () => unknown];
    expect([names, factory()]).toEqual([[], TaskRouter]);
    const other = vi.fn();
    install({ define: other }, TAG);
    expect(other).not.toHaveBeenCalled();
  });
});

describe("new Twilio.TaskRouter.Worker", () => {
  it("connects to where the script came from", () => {
    install({}, TAG);
    new TaskRouter.Worker(aToken(), false);
    expect(opened[0]).toMatch(/^wss:\/\/router\.example\/v1\/wschannels\/AC1\/WK1\?token=/);
  });

  it("connects to the page's baseUrl if it has set one", () => {
    install({}, TAG);
    TaskRouter.baseUrl = "http://localhost:8080";
    new TaskRouter.Worker(aToken(), false);
    expect(opened[0]).toMatch(/^ws:\/\/localhost:8080\//);
  });

  it("takes nine arguments in the order of the original", () => {
    TaskRouter.regions = { ie1: "https://ie1.example" };
    const rest = ["WA2", "WA3", true, "ie1", 2, "https://api.example/v1", "https://eb.example"];
    const worker = new TaskRouter.Worker(aToken(), false, ...(rest as ["WA2"]));
    expect(worker).toMatchObject({
      connectActivitySid: "WA2",
      disconnectActivitySid: "WA3",
      closeExistingSessions: true,
      maxRetries: 2,
      resourceUrl: "https://api.example/v1/Workspaces/WS1/Workers/WK1",
    });
    expect(opened[0]).toContain("wss://eb.example/v1/wschannels/AC1/WK1?");
    new TaskRouter.Worker(aToken(), false, null, null, false, "ie1");
    expect(opened[1]).toContain("wss://ie1.example/");
  });

  it("needs an address when the script has none", () => {
    install({}, null);
    expect(() => new TaskRouter.Worker(aToken())).toThrow("The server's address is not known");
  });
});
