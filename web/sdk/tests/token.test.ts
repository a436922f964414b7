import { describe, expect, it } from "vitest";
import { readToken } from "../src/token.js";
import { aToken } from "./builders.js";

describe("readToken", () => {
  it("reads whose the token is and when it ends", () => {
    const text = aToken({ exp: 1_767_225_600 });
    expect(readToken(text)).toEqual({
      text,
      accountSid: "AC1",
      workspaceSid: "WS1",
      channelSid: "WK1",
      expiresAt: 1_767_225_600_000,
    });
  });

  it("takes the worker from the channel when no claim names him", () => {
    expect(readToken(aToken({ worker_sid: undefined, channel: "WK7" })).channelSid).toBe("WK7");
  });

  it("reads letters beyond ASCII, and the two that base64url has of its own", () => {
    const token = aToken({ account_sid: "ACñ→🙂~~~???" });
    expect(readToken(token).accountSid).toBe("ACñ→🙂~~~???");
  });

  it.each([undefined, null, "", 7])("refuses %s with the original's sentence", (text) => {
    expect(() => readToken(text)).toThrow(new Error("Token is required for TaskRouter JS SDK"));
  });

  it("refuses a token that has not three segments", () => {
    expect(() => readToken("a.b")).toThrow(new Error("Wrong number of segments"));
  });

  it.each(["account_sid", "channel", "workspace_sid", "exp"])(
    "refuses a token without %s and names it",
    (claim) => {
      const message = `Missing minimum payload values: ${claim}`;
      expect(() => readToken(aToken({ [claim]: undefined }))).toThrow(new Error(message));
    },
  );

  it("refuses a token whose channel is not a worker", () => {
    const token = aToken({ worker_sid: undefined, channel: "WS1" });
    expect(() => readToken(token)).toThrow("Missing minimum payload values: worker_sid");
  });

  it("refuses an end that is no number", () => {
    expect(() => readToken(aToken({ exp: "soon" }))).toThrow("Missing minimum payload values: exp");
  });

  it.each(["a.%%%.c", `a.${btoa("{")}.c`])("refuses the unreadable payload of %s", (token) => {
    expect(() => readToken(token)).toThrow("The token's payload cannot be read");
  });

  it("refuses a payload that is JSON but no object", () => {
    expect(() => readToken(`a.${btoa("null")}.c`)).toThrow("Missing minimum payload values");
  });
});
