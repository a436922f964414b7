import { describe, expect, it } from "vitest";
import { Reservation } from "../src/resources/reservation.js";
import { ResourceList } from "../src/resources/resource_list.js";
import { WorkerResource } from "../src/resources/worker.js";
import {
  aCallback,
  aClient,
  aList,
  aReadyClient,
  aReservation,
  aTask,
  aToken,
  aWorker,
  CHANNEL,
  heard,
  WORKSPACE,
} from "./builders.js";

describe("the constructor", () => {
  it("takes a token alone, with the defaults of the documentation", () => {
    const { page, worker } = aClient({ debug: undefined });
    expect(worker).toMatchObject({
      workerSid: "WK1",
      closeExistingSessions: false,
      maxRetries: 0,
      resourceUrl: `${WORKSPACE}/Workers/WK1`,
    });
    expect(worker.connectActivitySid).toBeUndefined();
    expect(worker.disconnectActivitySid).toBeUndefined();
    const query = `token=${aToken()}&closeExistingSessions=false&after=`;
    expect(page.socket.url).toBe(`${CHANNEL.replace("https", "wss")}?${query}`);
  });

  it("keeps every argument", () => {
    const { page, worker } = aClient({
      connectActivitySid: "WA2",
      disconnectActivitySid: "WA3",
      closeExistingSessions: true,
      maxRetries: 4,
      apiBaseUrl: "https://api.example/v1",
      eventBridgeBaseUrl: "http://bridge.example",
    });
    expect(worker).toMatchObject({
      connectActivitySid: "WA2",
      disconnectActivitySid: "WA3",
      closeExistingSessions: true,
      maxRetries: 4,
      resourceUrl: "https://api.example/v1/Workspaces/WS1/Workers/WK1",
    });
    expect(page.socket.url).toBe(
      `ws://bridge.example/v1/wschannels/AC1/WK1?token=${aToken()}` +
        "&closeExistingSessions=true&disconnectActivitySid=WA3&after=",
    );
  });

  it.each([
    [true, true],
    ["true", true],
    [false, false],
    ["false", false],
    ["yes", false],
    [null, false],
  ])("takes %s for closeExistingSessions %s", (given, meant) => {
    const { worker } = aClient({ closeExistingSessions: given });
    expect(worker.closeExistingSessions).toBe(meant);
  });

  it("refuses to start without a token", () => {
    expect(() => aClient({ token: "" })).toThrow("Token is required for TaskRouter JS SDK");
  });

  it("looks the region up in the page's table", () => {
    const settings = { regions: { ie1: "https://ie1.example" } };
    const { page } = aClient({ region: "ie1" }, settings);
    expect(page.socket.url).toMatch(/^wss:\/\/ie1\.example\/v1\/wschannels\/AC1\/WK1\?/);
  });
});

describe("debug", () => {
  it.each([undefined, null, true, "yes"])(
    "%s prints events, commands and frames",
    async (debug) => {
      const { page } = await aReadyClient({ debug, region: "moon" });
      page.socket.send("worker.activity.update", aWorker());
      const words = page.logs.map(([word, second]) => `${word} ${second}`);
      expect(words).toContain("region moon");
      expect(words).toContain("event ready");
      expect(words.some((each) => each.startsWith("GET https://"))).toBe(true);
      expect(words.some((each) => each.startsWith("received"))).toBe(true);
    },
  );

  it.each([false, "false"])("%s prints nothing", async (debug) => {
    const { page } = await aReadyClient({ debug, region: "moon" });
    page.socket.send("worker.activity.update", aWorker());
    page.socket.listener.failed();
    page.socket.listener.closed(1006, "");
    expect(page.logs).toEqual([]);
  });

  it("never prints the token", async () => {
    const { page } = await aReadyClient({ debug: true });
    expect(JSON.stringify(page.logs)).not.toContain(aToken().split(".")[1]);
  });
});

describe("update", () => {
  it("sends one name and value", async () => {
    const { page, worker } = await aReadyClient();
    worker.update("ActivitySid", "WA2", aCallback());
    expect(page.request().command).toBe("POST Workers/WK1");
    expect(page.request().envelope.params).toEqual({ ActivitySid: "WA2" });
  });

  it("sends several, and objects as JSON text", async () => {
    const { page, worker } = await aReadyClient();
    worker.update({ ActivitySid: "WA2", Attributes: { languages: ["es"] }, FriendlyName: "al" });
    expect(page.request().envelope.params).toEqual({
      ActivitySid: "WA2",
      Attributes: '{"languages":["es"]}',
      FriendlyName: "al",
    });
  });

  it("calls back with the updated worker, whose fields the client then bears", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.update("ActivitySid", "WA2", callback);
    page.request().succeed(aWorker({ activity_name: "Offline", available: false }));
    expect(callback).toHaveBeenCalledExactlyOnceWith(null, expect.any(WorkerResource));
    expect(callback.mock.calls[0]?.[1]).toMatchObject({ activityName: "Offline" });
    expect(worker).toMatchObject({ activityName: "Offline", available: false });
  });

  it("calls back with the server's refusal, and the client stays as it was", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.update("ActivitySid", "WA9", callback);
    page.request().refuse(400, 20001, "WA9 is unknown.");
    expect(callback.mock.calls[0]?.[0]).toMatchObject({ code: 400, message: "WA9 is unknown." });
    expect(worker.activityName).toBe("Available");
  });

  it("refuses other forms at once", async () => {
    const { worker } = await aReadyClient();
    const update = worker.update.bind(worker) as (...values: unknown[]) => void;
    expect(() => update()).toThrow("First argument needs to be a field's name");
    expect(() => update("ActivitySid")).toThrow("Second argument needs to be the field's value");
    expect(() => update("ActivitySid", () => {})).toThrow("Second argument needs to be");
    expect(() => update("ActivitySid", "WA2", 3)).toThrow("Third argument needs to be a function");
    expect(() => update({}, "x")).toThrow("Second argument needs to be a function");
  });
});

describe("the worker's other commands", () => {
  it("fetch gets the worker, and the client bears his fields", async () => {
    const { page, worker } = await aReadyClient();
    worker.fetch();
    page.payloads.clear();
    const callback = aCallback();
    worker.fetch(callback);
    expect(page.request().command).toBe("GET Workers/WK1");
    page.request().succeed(aWorker({ friendly_name: "al" }));
    expect(callback.mock.calls[0]?.[1]).toMatchObject({ friendlyName: "al" });
    expect(worker.friendlyName).toBe("al");
  });

  it("delete deletes the worker and results in null", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.delete(callback);
    expect(page.request().command).toBe("DELETE Workers/WK1");
    page.request().succeed(null);
    expect(callback).toHaveBeenCalledExactlyOnceWith(null, null);
  });

  it("updateActivity moves the worker", async () => {
    const { page, worker } = await aReadyClient();
    worker.updateActivity("WA2");
    expect(page.request().envelope.params).toEqual({ ActivitySid: "WA2" });
    expect(() => worker.updateActivity(2 as never)).toThrow("needs to be a string");
    expect(() => worker.updateActivity("WA2", 2 as never)).toThrow("needs to be a function");
  });

  it("activities.fetch and fetchActivityList get all activities of the workspace", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.activities.fetch(callback);
    worker.fetchActivityList();
    expect(page.commands).toEqual(["GET Activities", "GET Activities"]);
    expect(page.request().envelope.params).toEqual({ PageSize: 1000 });
    page.posts[0]?.succeed(aList("activities", [{ sid: "WA1", friendly_name: "Offline" }]));
    const list = callback.mock.calls[0]?.[1] as ResourceList<{ friendlyName: string }>;
    expect(list.data[0]?.friendlyName).toBe("Offline");
  });

  it("fetchReservations gets reservations with their tasks, before it calls back", async () => {
    const { page, worker } = await aReadyClient();
    page.payloads.clear();
    const callback = aCallback();
    worker.fetchReservations(callback);
    expect(page.request().envelope).not.toHaveProperty("params");
    const two = [aReservation(), aReservation({ sid: "WR2", task_sid: "WT2" })];
    page.request().succeed(aList("reservations", two));
    page.request("GET Tasks/WT1").succeed(aTask());
    expect(callback).not.toHaveBeenCalled();
    page.request("GET Tasks/WT2").refuse(404, 20404, "gone");
    const list = callback.mock.calls[0]?.[1] as ResourceList<Reservation>;
    expect(list.data.map(({ sid, task }) => [sid, task.sid])).toEqual([
      ["WR1", "WT1"],
      ["WR2", "WT2"],
    ]);
    expect(list.data[0]?.task.priority).toBe(1);
  });

  it("fetchReservations sends its filter", async () => {
    const { page, worker } = await aReadyClient();
    worker.fetchReservations(aCallback(), { ReservationStatus: "pending" });
    expect(page.request().envelope.params).toEqual({ ReservationStatus: "pending" });
    expect(() => worker.fetchReservations("x" as never)).toThrow("needs to be a function");
  });

  it("fetchChannels gets all channels of the worker", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.fetchChannels(callback);
    expect(page.request().command).toBe("GET Workers/WK1/Channels");
    expect(page.request().envelope.params).toEqual({ PageSize: 1000 });
    const channel = { sid: "WC1", worker_sid: "WK1", task_channel_unique_name: "voice" };
    page.request().succeed(aList("channels", [channel]));
    const list = callback.mock.calls[0]?.[1] as ResourceList<{ taskChannelUniqueName: string }>;
    expect(list.data[0]?.taskChannelUniqueName).toBe("voice");
  });

  it("updateTask sends the parameters as they are given", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.updateTask("WT1", { Priority: "15" }, callback);
    expect(page.request().command).toBe("POST Tasks/WT1");
    expect(page.request().envelope.params).toEqual({ Priority: "15" });
    page.request().succeed(aTask({ priority: 15 }));
    expect(callback.mock.calls[0]?.[1]).toMatchObject({ priority: 15 });
  });

  it("updateTask refuses arguments of another kind", async () => {
    const { worker } = await aReadyClient();
    expect(() => worker.updateTask(1 as never, {})).toThrow("First argument needs to be a string");
    expect(() => worker.updateTask("WT1", "x" as never)).toThrow("needs to be an object");
    expect(() => worker.updateTask("WT1", {}, "x" as never)).toThrow("Third argument");
  });

  it.each([
    [[], { AssignmentStatus: "completed" }],
    [[null, "done"], { AssignmentStatus: "completed", Reason: "done" }],
    [[() => {}], { AssignmentStatus: "completed" }],
    [[() => {}, "done"], { AssignmentStatus: "completed", Reason: "done" }],
  ])("completeTask takes callback and reason as %o", async (rest, params) => {
    const { page, worker } = await aReadyClient();
    worker.completeTask("WT1", ...(rest as [null, string]));
    expect(page.request().command).toBe("POST Tasks/WT1");
    expect(page.request().envelope.params).toEqual(params);
  });

  it("completeTask refuses a callback that is none", async () => {
    const { worker } = await aReadyClient();
    expect(() => worker.completeTask("WT1", "done" as never)).toThrow(
      "Second argument needs to be a function",
    );
    expect(() => worker.completeTask(undefined as never)).toThrow("needs to be a string");
  });

  it("statistics.fetch gets the figures, with parameters if given", async () => {
    const { page, worker } = await aReadyClient();
    const callback = aCallback();
    worker.statistics.fetch({ Minutes: "60" }, callback);
    expect(page.request().command).toBe("GET Workers/WK1/Statistics");
    expect(page.request().envelope.params).toEqual({ Minutes: "60" });
    page.request().succeed({ cumulative: { tasks_assigned: 3 }, worker_sid: "WK1" });
    expect(callback.mock.calls[0]?.[1]).toEqual({
      cumulative: { tasksAssigned: 3 },
      workerSid: "WK1",
    });
    worker.statistics.fetch(aCallback());
    expect(page.request().envelope).not.toHaveProperty("params");
  });
});

describe("updateToken", () => {
  it("is used by the next command", async () => {
    const { page, worker } = await aReadyClient();
    const token = aToken({ exp: 4_000_000_000 });
    worker.updateToken(token);
    worker.fetchChannels();
    expect(page.request().envelope.token).toBe(token);
  });

  it("refuses a malformed token and one of another worker, and keeps the old", async () => {
    const { page, worker } = await aReadyClient();
    expect(() => worker.updateToken("x")).toThrow("Wrong number of segments");
    const other = aToken({ worker_sid: "WK2", channel: "WK2" });
    expect(() => worker.updateToken(other)).toThrow("The token is for WK2; this client is WK1");
    worker.fetchChannels();
    expect(page.request().envelope.token).toBe(aToken());
  });

  it("inside token.expired keeps the worker connected", async () => {
    const { page, worker } = await aReadyClient();
    const losses = heard(worker, "disconnected");
    const token = aToken({ exp: 4_000_000_000 });
    worker.on("token.expired", () => worker.updateToken(token));
    page.socket.listener.closed(4401, "token expired");
    expect(losses).toHaveLength(1);
    expect(page.sockets).toHaveLength(2);
    expect(page.socket.url).toContain(token);
  });
});
