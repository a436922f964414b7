import { describe, expect, it } from "vitest";
import { addressesOf, originOf, regionsOf, socketUrlOf } from "../src/address.js";
import { readToken } from "../src/token.js";
import { aToken } from "./builders.js";

const TOKEN = readToken(aToken());
const ORIGIN = "https://scripts.example";
const REGIONS = { ie1: "https://ie1.example" };

describe("addressesOf", () => {
  it("uses the origin of the script when nothing else is named", () => {
    expect(addressesOf({}, TOKEN, { regions: {} }, ORIGIN)).toEqual({
      baseUrl: ORIGIN,
      channelUrl: `${ORIGIN}/v1/wschannels/AC1/WK1`,
      workspaceUrl: `${ORIGIN}/v1/Workspaces/WS1`,
      resourceUrl: `${ORIGIN}/v1/Workspaces/WS1/Workers/WK1`,
    });
  });

  it("prefers the argument, then the region, then the page's setting, then the script", () => {
    const settings = { baseUrl: "https://page.example/", regions: REGIONS };
    const found = (options: object) => addressesOf(options, TOKEN, settings, ORIGIN).baseUrl;
    const argument = { eventBridgeBaseUrl: "https://arg.example//", region: "ie1" };
    expect(found(argument)).toBe("https://arg.example");
    expect(found({ region: "ie1" })).toBe("https://ie1.example");
    expect(found({ region: "constructor" })).toBe("https://page.example");
    expect(found({})).toBe("https://page.example");
  });

  it("does not repeat the channels' path when the base names it already", () => {
    const options = { eventBridgeBaseUrl: "http://localhost:8080/v1/wschannels" };
    const { channelUrl, workspaceUrl } = addressesOf(options, TOKEN, { regions: {} }, ORIGIN);
    expect(channelUrl).toBe("http://localhost:8080/v1/wschannels/AC1/WK1");
    expect(workspaceUrl).toBe("http://localhost:8080/v1/Workspaces/WS1");
  });

  it("changes only the text of commands by apiBaseUrl", () => {
    const options = { apiBaseUrl: "https://taskrouter.twilio.com/v1/" };
    const { channelUrl, resourceUrl } = addressesOf(options, TOKEN, { regions: {} }, ORIGIN);
    expect(channelUrl).toBe(`${ORIGIN}/v1/wschannels/AC1/WK1`);
    expect(resourceUrl).toBe("https://taskrouter.twilio.com/v1/Workspaces/WS1/Workers/WK1");
  });

  it("says what to set when nothing names the server", () => {
    expect(() => addressesOf({}, TOKEN, { regions: {} }, undefined)).toThrow(
      "set Twilio.TaskRouter.baseUrl or pass eventBridgeBaseUrl",
    );
  });
});

describe("socketUrlOf", () => {
  it.each([
    ["http://a.example/x", "ws://a.example/x"],
    ["https://a.example/x", "wss://a.example/x"],
  ])("turns %s into %s", (from, to) => {
    const url = socketUrlOf(from, {
      token: "a-b_.c.d",
      closeExistingSessions: false,
      x: undefined,
    });
    expect(url).toBe(`${to}?token=a-b_.c.d&closeExistingSessions=false`);
  });

  it("carries the disconnect activity and the wish to be alone", () => {
    const query = { token: "t", closeExistingSessions: true, disconnectActivitySid: "WA2" };
    expect(socketUrlOf("https://a.example", { ...query, after: "" })).toBe(
      "wss://a.example?token=t&closeExistingSessions=true&disconnectActivitySid=WA2&after=",
    );
  });
});

describe("originOf", () => {
  it("is the origin of a script's address", () => {
    expect(originOf("https://a.example:81/sdk/v1/taskrouter.min.js")).toBe("https://a.example:81");
  });

  it.each([undefined, "", "file:///tmp/a.js", "blob:x"])("is nothing for %s", (url) => {
    expect(originOf(url)).toBeUndefined();
  });
});

describe("regionsOf", () => {
  it("reads a JSON object of names and addresses", () => {
    expect(regionsOf(JSON.stringify(REGIONS))).toEqual(REGIONS);
    expect(regionsOf(undefined)).toEqual({});
  });

  it.each(["[]", "null", "7"])("refuses %s", (text) => {
    expect(() => regionsOf(text)).toThrow("data-regions needs to be a JSON object");
  });
});
