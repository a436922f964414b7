/**
 * What happens each time the live channel opens: the worker is fetched and `ready` raised, pending
 * reservations are announced, and a worker who has none is moved to his connect activity.
 * The rule: an answer that belongs to an earlier connection changes nothing.
 */

import type { Command, Context } from "./bridge.js";
import type { TaskRouterError } from "./errors.js";
import type { Inbox, Raise } from "./inbox.js";
import type { Reservation } from "./resources/reservation.js";
import type { ResourceList } from "./resources/resource_list.js";
import type { WorkerResource } from "./resources/worker.js";
import type { Session } from "./session.js";

const FORBIDDEN = 403;
const TOO_MANY = 429;

export class Arrival {
  readonly #context: Context;
  readonly #session: Session;
  readonly #inbox: Inbox;
  readonly #raise: Raise;
  readonly #workerUrl: string;
  readonly #connectActivitySid: string | undefined;
  /** The connection that got as far as `ready`. */
  #readyOn = -1;

  constructor(
    parts: { context: Context; session: Session; inbox: Inbox },
    raise: Raise,
    workerUrl: string,
    connectActivitySid: string | undefined,
  ) {
    this.#context = parts.context;
    this.#session = parts.session;
    this.#inbox = parts.inbox;
    this.#raise = raise;
    this.#workerUrl = workerUrl;
    this.#connectActivitySid = connectActivitySid;
  }

  /** The channel is open: fetch the worker, and with him all that follows. */
  begin(): void {
    const deliver = this.#inbox.place();
    const command = { url: this.#workerUrl, method: "GET", eventType: "ready" } as const;
    const connection = this.#session.connection;
    this.#context.fetch<WorkerResource>(command, (error, worker) => {
      const current = connection === this.#session.connection;
      deliver(() => {
        if (!error && current) this.#raise("ready", worker);
      });
      if (!current) return;
      if (error) return this.#fail(error);
      this.#readyOn = connection;
      this.#session.settle();
      this.#announce();
    });
  }

  /**
   * Show the server the new token, so that the open channel lives as long as it does; if the old
   * one never led to `ready`, begin again.
   */
  presentToken(): void {
    if (!this.#session.isOpen) return;
    if (this.#readyOn !== this.#session.connection) return this.begin();
    this.#ask({ url: this.#workerUrl, method: "GET" }, () => {});
  }

  #announce(): void {
    const params = { ReservationStatus: "pending", PageSize: 1000 };
    const command = { url: `${this.#workerUrl}/Reservations`, method: "GET", params } as const;
    this.#ask<ResourceList<Reservation>>(command, (list) => {
      for (const reservation of list) this.#inbox.offer(reservation);
      if (list.length === 0 && this.#connectActivitySid) this.#enter(this.#connectActivitySid);
    });
  }

  #enter(activitySid: string): void {
    const params = { ActivitySid: activitySid };
    this.#context.fetch({ url: this.#workerUrl, method: "POST", params }, (error) => {
      if (!error) return;
      const lacks =
        error.status === FORBIDDEN ? "the token lacks the capability ActivityUpdates. " : "";
      const message = `The worker was not moved to ${activitySid}: ${lacks}${error.message}`;
      this.#raise("error", { response: error.status, message });
    });
  }

  #ask<Result>(command: Command, done: (result: Result) => void): void {
    const connection = this.#session.connection;
    this.#context.fetch<Result>(command, (error, result) => {
      if (connection !== this.#session.connection) return;
      if (error) this.#fail(error);
      else done(result);
    });
  }

  /** Tell the page; after a fault that may pass, start over with a new connection. */
  #fail(error: TaskRouterError): void {
    const { status, message } = error;
    this.#raise("error", { response: status, message });
    if (status === 0 || status === TOO_MANY || status >= 500) this.#session.giveUp(message);
  }
}
