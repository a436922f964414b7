import { describe, expect, it } from "vitest";
import { ANSWER_TIMEOUT_MS } from "../src/bridge.js";
import { TaskRouterError } from "../src/errors.js";
import { Task } from "../src/resources/task.js";
import { aBridge, aCallback, aTask, CHANNEL, WORKSPACE } from "./builders.js";

const URL = `${WORKSPACE}/Tasks/WT1`;

/** Send one command and answer it as the test says. */
function asked(status: number, body: string): unknown[] {
  const { page, bridge } = aBridge();
  const callback = aCallback();
  bridge.request({ url: URL, method: "GET" }, callback);
  page.request().answer(status, body);
  expect(callback).toHaveBeenCalledTimes(1);
  return callback.mock.calls[0] as unknown[];
}

describe("a command", () => {
  it("is one envelope posted to the worker's channel", () => {
    const { page, bridge } = aBridge();
    const params = { Priority: "15", Note: null };
    bridge.request({ url: URL, method: "POST", params, eventType: "ready" }, aCallback());
    expect(page.request().request.url).toBe(CHANNEL);
    expect(JSON.parse(page.request().request.body)).toEqual({
      url: URL,
      method: "POST",
      params,
      token: "a.b.c",
      event_type: "ready",
    });
  });

  it("names no params and no event type when there are none", () => {
    const { page, bridge } = aBridge();
    bridge.request({ url: URL, method: "GET" }, aCallback());
    expect(JSON.parse(page.request().request.body)).toEqual({
      url: URL,
      method: "GET",
      token: "a.b.c",
    });
  });

  it("outlives the page when it changes something and is small", () => {
    const { page, bridge } = aBridge();
    const large = { Attributes: "x".repeat(9_000) };
    bridge.request({ url: URL, method: "POST" }, aCallback());
    bridge.request({ url: URL, method: "GET" }, aCallback());
    bridge.request({ url: URL, method: "POST", params: large }, aCallback());
    expect(page.posts.map((post) => post.request.keepalive)).toEqual([true, false, false]);
  });

  it("results in the mapped payload of the answer, with null before it", () => {
    const [error, task] = asked(200, JSON.stringify({ event_type: null, payload: aTask() }));
    expect(error).toBeNull();
    expect(task).toBeInstanceOf(Task);
  });

  it("results in null when the answer has no payload", () => {
    expect(asked(200, "{}")).toEqual([null, null]);
  });
});

describe("a command that fails", () => {
  it("calls back with the status as code and the server's own sentence", () => {
    const more_info = "https://www.twilio.com/docs/errors/20404";
    const body = { code: 20404, message: "WT1 was not found", more_info, status: 404 };
    const [error, result] = asked(404, JSON.stringify(body));
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(TaskRouterError);
    expect(error).toMatchObject({
      name: "TaskRouterError",
      code: 404,
      status: 404,
      message: "WT1 was not found",
      twilioCode: 20404,
      moreInfo: more_info,
    });
    expect(result).toBeNull();
  });

  it.each(["<html>", "null", "{}"])("gives a sentence of its own for the body %s", (body) => {
    expect(asked(502, body)[0]).toMatchObject({
      code: 502,
      message: "The server answered with status 502 and no sentence.",
      twilioCode: null,
      moreInfo: null,
    });
  });

  it.each(["", "not json", "7"])("is an error when a good status comes with %j", (body) => {
    expect(asked(200, body)[0]).toMatchObject({ code: 200, message: "The answer is not JSON." });
  });

  it("is code 0 when the server cannot be reached", () => {
    expect(asked(0, "The server was not reached: refused")[0]).toMatchObject({
      code: 0,
      message: "The server was not reached: refused",
    });
  });

  it("calls back once, with code 0, when no answer comes in time", () => {
    const { page, bridge } = aBridge();
    const callback = aCallback();
    bridge.request({ url: URL, method: "GET" }, callback);
    page.advance(ANSWER_TIMEOUT_MS - 1);
    expect(callback).not.toHaveBeenCalled();
    page.advance(1);
    page.request().succeed(aTask());
    expect(page.request().canceled).toBe(true);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(callback.mock.calls[0]?.[0]).toMatchObject({
      code: 0,
      message: "No answer within 5 seconds.",
    });
  });

  it("leaves no clock running once it was answered", () => {
    const { page, bridge } = aBridge();
    bridge.request({ url: URL, method: "GET" }, aCallback());
    page.request().refuse(403, 20003, "no");
    expect(page.waits).toEqual([]);
  });
});

describe("a page's callback that throws", () => {
  it("is reported and does not stop the SDK", () => {
    const { page, bridge } = aBridge();
    const mistake = new Error("page");
    bridge.request({ url: URL, method: "GET" }, () => {
      throw mistake;
    });
    page.request().succeed(aTask());
    expect(page.reports).toEqual([mistake]);
  });
});
