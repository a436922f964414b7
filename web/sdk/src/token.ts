/**
 * Reads a capability token for what the client must know: whose it is, where it leads, when it
 * ends. It checks no signature; that is the server's part.
 */

export interface Token {
  readonly text: string;
  readonly accountSid: string;
  readonly workspaceSid: string;
  /** The last segment of the channel's address: whose token this is. */
  readonly channelSid: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Whose channel a token is for: the prefix of its SID. */
export type Kind = "WK" | "WQ" | "WS";

const OWNER = { WK: "worker_sid", WQ: "taskqueue_sid", WS: "workspace_sid" };
const NEEDED = ["account_sid", "channel", "workspace_sid", "exp"] as const;

/** A token of this kind. Refuses one that is absent, malformed, incomplete or of another kind. */
export function readToken(text: unknown, kind: Kind = "WK"): Token {
  if (typeof text !== "string" || text === "") {
    throw new Error("Token is required for TaskRouter JS SDK");
  }
  const claims = claimsOf(text);
  const missing: string[] = NEEDED.filter((name) => !claims[name]);
  const channel = claims["channel"];
  if (!String(channel ?? kind).startsWith(kind)) missing.push(OWNER[kind]);
  const exp = Number(claims["exp"]);
  if (missing.length > 0 || Number.isNaN(exp)) {
    throw new Error(`Missing minimum payload values: ${missing.join(", ") || "exp"}`);
  }
  return {
    text,
    accountSid: String(claims["account_sid"]),
    workspaceSid: String(claims["workspace_sid"]),
    channelSid: String(claims[OWNER[kind]] ?? channel),
    expiresAt: exp * 1000,
  };
}

function claimsOf(text: string): Record<string, unknown> {
  const segments = text.split(".");
  if (segments.length !== 3) throw new Error("Wrong number of segments");
  let claims: unknown;
  try {
    claims = JSON.parse(decodeSegment(segments[1] as string));
  } catch (error) {
    throw new Error("The token's payload cannot be read", { cause: error });
  }
  return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : {};
}

function decodeSegment(segment: string): string {
  const bytes = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)));
}
