/**
 * The arguments of the telephony actions, which are positional, mostly optional, and end in a
 * callback wherever the page put it. The rule: what is absent is not sent.
 */

import type { Params } from "../bridge.js";
import { type Callback, callbackOf, isObject } from "../callback.js";

/** Argument of an action: absent is undefined or null. */
export type Optional = string | null | undefined;

/** `true` and `"true"` mean the same to the server. */
export type Flag = boolean | Optional;

export interface Instruction<Result> {
  readonly params: Params;
  readonly callback: Callback<Result>;
}

const CALL = ["From", "Url", "StatusCallbackUrl", "Accept", "Record", "To"].map(prefix("Call"));
const REDIRECT = ["CallSid", "Url", "Accept"].map(prefix("Redirect"));
const CONFERENCE = ["From", "PostWorkActivitySid", "Timeout", "To"];
const DEQUEUE = [
  "From",
  "PostWorkActivitySid",
  "Record",
  "Timeout",
  "StatusCallbackUrl",
  "StatusCallbackEvent",
  "To",
].map(prefix("Dequeue"));

const EVENTS_AT = DEQUEUE.indexOf("DequeueStatusCallbackEvent");
const CALL_EVENTS = new Set(["initiated", "ringing", "answered", "completed"]);

/** from, url, statusCallbackUrl, accept, record, to, callback */
export function readCall<Result>(values: readonly unknown[]): Instruction<Result> {
  return instruction("call", CALL, values);
}

/** callSid, url, accept, callback */
export function readRedirect<Result>(values: readonly unknown[]): Instruction<Result> {
  return instruction("redirect", REDIRECT, values);
}

/** from, postWorkActivitySid, timeout, to, callback, options; the options win. */
export function readConference<Result>(values: readonly unknown[]): Instruction<Result> {
  const { params, callback } = instruction<Result>("conference", CONFERENCE, values);
  return { params: { ...params, ...values.find(isObject) }, callback };
}

/**
 * from, postWorkActivitySid, record, timeout, statusCallbackUrl, statusCallbackEvents, to,
 * callback. The original's own sample leaves out the events: what stands last, in their place, and is no list
 * of call events is whom to dial.
 */
export function readDequeue<Result>(values: readonly unknown[]): Instruction<Result> {
  const { positional, callback } = split<Result>(values);
  const last = positional[EVENTS_AT];
  if (positional.length === EVENTS_AT + 1 && typeof last === "string" && !isEventList(last)) {
    positional.splice(EVENTS_AT, 0, undefined);
  }
  return { params: named("dequeue", DEQUEUE, positional), callback };
}

function instruction<Result>(
  verb: string,
  names: readonly string[],
  values: readonly unknown[],
): Instruction<Result> {
  const { positional, callback } = split<Result>(values);
  return { params: named(verb, names, positional), callback };
}

/** The first function is the callback; what stands before it, or the options, has a place. */
function split<Result>(values: readonly unknown[]): {
  positional: unknown[];
  callback: Callback<Result>;
} {
  const end = values.findIndex((value) => typeof value === "function" || isObject(value));
  return {
    positional: end < 0 ? [...values] : values.slice(0, end),
    callback: callbackOf(values.find((value) => typeof value === "function")),
  };
}

function named(verb: string, names: readonly string[], positional: readonly unknown[]): Params {
  const params: Params = { Instruction: verb };
  names.forEach((name, place) => {
    const value = positional[place];
    if (value === undefined || value === null) return;
    params[name] = typeof value === "boolean" ? String(value) : value;
  });
  return params;
}

function isEventList(text: string): boolean {
  return text.split(",").every((each) => CALL_EVENTS.has(each.trim()));
}

function prefix(word: string): (name: string) => string {
  return (name) => word + name;
}
