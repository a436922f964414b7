/**
 * Commands to the server: one POST each, an envelope in, an envelope out.
 * The rule: every command calls back exactly once, whatever happens. It knows no resource by name;
 * `map` makes results of payloads.
 */

import type { Addresses } from "./address.js";
import { type Callback, refuse, settled } from "./callback.js";
import type { Answer, Environment } from "./environment.js";
import { errorOf, TaskRouterError } from "./errors.js";

export const ANSWER_TIMEOUT_MS = 5_000;

/** After a failed attempt a random part of this is waited, twice as much after each further one. */
const RETRY_MS = 500;

/** No answer, too many requests, and faults of the server or of what stands before it. */
const RETRIED = new Set([0, 429, 502, 503, 504]);

/** Browsers refuse to keep more than 64 KiB alive for all requests of a page together. */
const KEEPALIVE_BYTES = 8_192;

export type Method = "GET" | "POST" | "DELETE";

/** The parameters of a command, by the names of the REST API. */
export type Params = Record<string, unknown>;

export interface Command {
  readonly url: string;
  readonly method: Method;
  readonly params?: Params | undefined;
  readonly eventType?: string;
}

/** What resources ask of the bridge. */
export interface Context {
  /** The address of the workspace, without a slash at its end. */
  readonly workspaceUrl: string;
  /** Send a command; the result is what the payload was mapped to. */
  request<Result>(command: Command, callback: Callback<Result>): void;
  /** The same, and the result completes itself first (a reservation fetches its task). */
  fetch<Result>(command: Command, callback: Callback<Result>): void;
  /** The resource or list that a payload is. */
  map(payload: unknown): unknown;
}

export class Bridge implements Context {
  readonly workspaceUrl: string;
  readonly #environment: Environment;
  readonly #channelUrl: string;
  readonly #token: () => string;
  readonly #log: (...values: unknown[]) => void;
  readonly #map: (context: Context, payload: unknown) => unknown;
  readonly #maxRetries: number;

  constructor(
    environment: Environment,
    addresses: Addresses,
    token: () => string,
    log: (...values: unknown[]) => void,
    map: (context: Context, payload: unknown) => unknown,
    maxRetries = 0,
  ) {
    this.workspaceUrl = addresses.workspaceUrl;
    this.#environment = environment;
    this.#channelUrl = addresses.channelUrl;
    this.#token = token;
    this.#log = log;
    this.#map = map;
    this.#maxRetries = maxRetries;
  }

  map(payload: unknown): unknown {
    return this.#map(this, payload);
  }

  fetch<Result>(command: Command, callback: Callback<Result>): void {
    this.request<Result>(command, settled(callback));
  }

  request<Result>(command: Command, callback: Callback<Result>): void {
    this.#log(command.method, command.url, command.params ?? {});
    this.#attempt(command, this.#requestId(command), 0, (answer) => {
      const body = jsonOf(answer);
      if (answer.status < 200 || answer.status > 299) {
        const error = errorOf(answer, body);
        this.#log(command.method, command.url, error.status, error.message);
        this.#call(callback, error);
      } else if (typeof body !== "object" || body === null) {
        this.#call(callback, new TaskRouterError(answer.status, "The answer is not JSON."));
      } else {
        this.#call(callback, null, this.map((body as { payload?: unknown }).payload ?? null));
      }
    });
  }

  /** Send a command that must leave while the page goes away. */
  beacon(command: Command): void {
    this.#environment.beacon(this.#channelUrl, this.#envelope(command));
  }

  /** Send; what failed for a reason that may pass is sent again, as often as the page wants. */
  #attempt(
    command: Command,
    requestId: string | undefined,
    attempts: number,
    done: (answer: Answer) => void,
  ): void {
    this.#post(command, requestId, (answer) => {
      if (attempts >= this.#maxRetries || !RETRIED.has(answer.status)) return done(answer);
      const delay_ms = Math.round(this.#environment.random() * RETRY_MS * 2 ** attempts);
      this.#environment.after(delay_ms, () =>
        this.#attempt(command, requestId, attempts + 1, done),
      );
    });
  }

  /** By this the server knows a repetition, and carries it out once. Reading needs none. */
  #requestId({ method }: Command): string | undefined {
    if (method === "GET" || !this.#maxRetries) return undefined;
    const digits = (): string => this.#environment.random().toString(36).slice(2);
    return `${this.#environment.now().toString(36)}-${digits()}-${digits()}`;
  }

  #post(command: Command, requestId: string | undefined, done: (answer: Answer) => void): void {
    const body = this.#envelope(command, requestId);
    const keepalive = command.method !== "GET" && body.length < KEEPALIVE_BYTES;
    const stopClock = this.#environment.after(ANSWER_TIMEOUT_MS, () => {
      abort();
      done({ status: 0, body: `No answer within ${ANSWER_TIMEOUT_MS / 1000} seconds.` });
    });
    const abort = this.#environment.post({ url: this.#channelUrl, body, keepalive }, (answer) => {
      stopClock();
      done(answer);
    });
  }

  #envelope(command: Command, requestId?: string): string {
    return JSON.stringify({
      url: command.url,
      method: command.method,
      params: command.params,
      token: this.#token(),
      event_type: command.eventType,
      request_id: requestId,
    });
  }

  /** A page's callback that throws is reported; our own work goes on. */
  #call<Result>(callback: Callback<Result>, error: TaskRouterError | null, result?: unknown): void {
    try {
      if (error) refuse(callback, error);
      else callback(null, result as Result);
    } catch (thrown) {
      this.#environment.report(thrown);
    }
  }
}

function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    return undefined;
  }
}
