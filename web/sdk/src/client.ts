/**
 * What the three clients have in common: a live channel, a resource of their own, a token.
 * The rule: a client bears the fields of its resource as it last heard of them, and whatever a page's
 * listener throws, its own work goes on. No global is touched here.
 */

import { type Addresses, addressesOf, type PageSettings } from "./address.js";
import { Arrival } from "./arrival.js";
import { Bridge, type Params } from "./bridge.js";
import { type Callback, callbackOf } from "./callback.js";
import { Emitter, type EventMap } from "./emitter.js";
import type { Environment } from "./environment.js";
import type { Raise } from "./events.js";
import { Inbox } from "./inbox.js";
import { mapPayload } from "./resources/mapping.js";
import { readUpdate, type Resource } from "./resources/resource.js";
import { Session } from "./session.js";
import { type Kind, readToken } from "./token.js";

/** The arguments that every constructor has, by name; absent is undefined or null. */
export interface ClientOptions {
  token: string;
  debug?: boolean | string | null | undefined;
  region?: string | null | undefined;
  maxRetries?: number | null | undefined;
  apiBaseUrl?: string | null | undefined;
  eventBridgeBaseUrl?: string | null | undefined;
}

/** Where a client lives: the outside, what the page has set, and where the SDK came from. */
export interface Surroundings {
  environment: Environment;
  settings: PageSettings;
  origin: string | undefined;
}

export abstract class Client<
  Own extends Resource<Own>,
  Events extends EventMap<Events>,
> extends Emitter<Events> {
  /** How often a command is sent again that failed for a reason that may pass. */
  readonly maxRetries: number;
  /** Where the client's own resource lives. */
  readonly resourceUrl: string;
  /** @internal */
  protected readonly bridge: Bridge;
  /** @internal */
  protected readonly session: Session;
  /** @internal */
  protected readonly inbox: Inbox;
  /** @internal */
  protected readonly environment: Environment;
  readonly #kind: Kind;
  readonly #channelSid: string;
  readonly #debug: boolean;
  #arrival: Arrival | undefined;

  /** Refuses a token that is absent, malformed, incomplete or of another kind. @internal */
  constructor(kind: Kind, options: ClientOptions, { environment, settings, origin }: Surroundings) {
    super();
    const token = readToken(options.token, kind);
    const addresses = addressesOf(options, token, settings, origin);
    this.#kind = kind;
    this.#channelSid = token.channelSid;
    this.#debug = String(options.debug ?? true) !== "false";
    this.environment = environment;
    this.maxRetries = Number(options.maxRetries ?? 0);
    this.resourceUrl = addresses.resourceUrl;
    const socketUrl = (text: string): string => this.socketUrl(addresses, text);
    this.session = new Session(environment, token, socketUrl, {
      connected: () => this.#connected(),
      received: (text) => this.inbox.received(text),
      failed: (message) => this.raise("error", { response: 0, message }),
      disconnected: (disconnection) => this.raise("disconnected", disconnection),
      tokenExpired: () => this.raise("token.expired"),
    });
    const current = (): string => this.session.token;
    this.bridge = new Bridge(
      environment,
      addresses,
      current,
      this.log,
      mapPayload,
      this.maxRetries,
    );
    this.inbox = new Inbox(this.bridge, this.raise, this.log, this.resourceUrl);
    if (options.region) this.log("region", options.region, "at", addresses.baseUrl);
  }

  /** Use this token from now on. Refuses one that is malformed or somebody else's. */
  updateToken(token: string): void {
    const next = readToken(token, this.#kind);
    if (next.channelSid !== this.#channelSid) {
      throw new Error(`The token is for ${next.channelSid}; this client is ${this.#channelSid}`);
    }
    this.session.updateToken(next);
    this.#arrival?.presentToken();
  }

  /** Close the connection and stay without one; `disconnected` is raised at once. */
  disconnect(): void {
    this.session.disconnect();
  }

  /** Connect again after `disconnect`, or at once instead of after a while. */
  reconnect(): void {
    this.session.reconnect();
  }

  /** Get the resource as it is now. */
  fetch(callback?: Callback<Own>): void {
    this.bridge.fetch(
      { url: this.resourceUrl, method: "GET" },
      this.adopting(callbackOf(callback)),
    );
  }

  /** Change one field, or several: `update(name, value, callback)`, `update(fields, callback)`. */
  update(name: string, value: unknown, callback?: Callback<Own>): void;
  update(fields: Params, callback?: Callback<Own>): void;
  update(...values: unknown[]): void {
    const { params, callback } = readUpdate<Own>(values);
    this.post(this.resourceUrl, params, this.adopting(callback));
  }

  /** Delete the resource; the result is null. */
  delete(callback?: Callback<null>): void {
    this.bridge.fetch({ url: this.resourceUrl, method: "DELETE" }, callbackOf<null>(callback));
  }

  /** Connect; every part of the client is there. @internal */
  protected start(arrival: Arrival): void {
    this.#arrival = arrival;
    this.session.start();
  }

  /** Where the live channel is opened with this token. @internal */
  protected abstract socketUrl(addresses: Addresses, token: string): string;

  /** @internal */
  protected post<Result>(url: string, params: Params, callback: Callback<Result>): void {
    this.bridge.fetch({ url, method: "POST", params }, callback);
  }

  /** A callback before which the client bears what the result says. @internal */
  protected adopting(callback: Callback<Own>): Callback<Own> {
    return (error, own) => {
      if (!error) Object.assign(this, own);
      callback(error, own);
    };
  }

  /** Tell the page. A listener that throws is reported. @internal */
  protected readonly raise: Raise = (event, ...values) => {
    const [first] = values as { sid?: unknown }[];
    if (first?.sid === this.#channelSid) Object.assign(this, first);
    this.log("event", event, ...values);
    try {
      this.emit(event as keyof Events, ...(values as unknown as Events[keyof Events]));
    } catch (thrown) {
      this.environment.report(thrown);
    }
  };

  /** @internal */
  protected readonly log = (...values: unknown[]): void => {
    if (this.#debug) this.environment.log(...values);
  };

  #connected(): void {
    this.#arrival?.begin();
    this.raise("connected");
  }
}
