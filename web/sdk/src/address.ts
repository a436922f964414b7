/**
 * Where the server is. The first of these that is there: the constructor's `eventBridgeBaseUrl`,
 * the region's entry in the page's table, the page's `baseUrl`, the origin the SDK came from.
 */

import type { Token } from "./token.js";

/** What a page may set on `Twilio.TaskRouter`. */
export interface PageSettings {
  /** The server's address, if it is not where the SDK was loaded from. */
  baseUrl?: string | undefined;
  /** Region name → the server's address there. */
  regions: Record<string, string>;
}

const CHANNELS = "/v1/wschannels";

/** What the constructor was told about addresses. */
export interface AddressOptions {
  region?: string | null | undefined;
  apiBaseUrl?: string | null | undefined;
  eventBridgeBaseUrl?: string | null | undefined;
}

/** All without a slash at the end. */
export interface Addresses {
  readonly baseUrl: string;
  /** Where commands are posted. */
  readonly channelUrl: string;
  /** What the `url` of a command starts with; the server reads only its path. */
  readonly workspaceUrl: string;
  /** Where the channel's own resource lives. */
  readonly resourceUrl: string;
}

/** The addresses of this token's channel. Refuses when nothing names the server. */
export function addressesOf(
  options: AddressOptions,
  token: Token,
  settings: PageSettings,
  origin: string | undefined,
): Addresses {
  const named = options.eventBridgeBaseUrl || regional(options.region, settings);
  const baseUrl = trimmed(named || settings.baseUrl || origin || "");
  if (!baseUrl) {
    throw new Error(
      "The server's address is not known: set Twilio.TaskRouter.baseUrl or pass eventBridgeBaseUrl",
    );
  }
  const channels = baseUrl.endsWith(CHANNELS) ? baseUrl : baseUrl + CHANNELS;
  const apiUrl = trimmed(options.apiBaseUrl || `${new URL(baseUrl).origin}/v1`);
  const workspaceUrl = `${apiUrl}/Workspaces/${token.workspaceSid}`;
  return {
    baseUrl,
    channelUrl: `${channels}/${token.accountSid}/${token.channelSid}`,
    workspaceUrl,
    resourceUrl: workspaceUrl + pathOf(token.channelSid),
  };
}

/** The live channel's address: http becomes ws, https becomes wss. What is undefined is left out. */
export function socketUrlOf(
  channelUrl: string,
  query: Record<string, string | boolean | number | undefined>,
): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return `${channelUrl.replace(/^http/i, "ws")}?${new URLSearchParams(given)}`;
}

/** The origin of a script's address; undefined if it has none that can serve. */
export function originOf(url: string | undefined): string | undefined {
  if (!url || !/^https?:/i.test(url)) return undefined;
  return new URL(url).origin;
}

/** The table of a script tag's `data-regions`, a JSON object. Refuses what is none. */
export function regionsOf(text: string | undefined): Record<string, string> {
  if (!text) return {};
  const table: unknown = JSON.parse(text);
  if (typeof table !== "object" || table === null || Array.isArray(table)) {
    throw new Error("data-regions needs to be a JSON object of region names and addresses");
  }
  return table as Record<string, string>;
}

function pathOf(sid: string): string {
  const list = { WK: "/Workers/", WQ: "/TaskQueues/" }[sid.slice(0, 2)];
  return list ? list + sid : "";
}

function regional(region: string | null | undefined, settings: PageSettings): string | undefined {
  return region && Object.hasOwn(settings.regions, region) ? settings.regions[region] : undefined;
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
}
