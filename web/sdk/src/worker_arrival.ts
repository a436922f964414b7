/**
 * What follows `ready` of a worker: pending reservations are announced, and a worker who has none is
 * moved to his connect activity.
 */

import { Arrival, type Parts } from "./arrival.js";
import type { Reservation } from "./resources/reservation.js";
import type { ResourceList } from "./resources/resource_list.js";

const FORBIDDEN = 403;

export class WorkerArrival extends Arrival {
  readonly #connectActivitySid: string | undefined;

  constructor(parts: Parts, connectActivitySid: string | undefined) {
    super(parts);
    this.#connectActivitySid = connectActivitySid;
  }

  /** @internal */
  protected override follow(): void {
    const params = { ReservationStatus: "pending", PageSize: 1000 };
    const command = { url: `${this.parts.url}/Reservations`, method: "GET", params } as const;
    this.ask<ResourceList<Reservation>>(command, (list) => {
      for (const reservation of list) this.parts.inbox.offer(reservation);
      if (list.length === 0 && this.#connectActivitySid) this.#enter(this.#connectActivitySid);
    });
  }

  #enter(activitySid: string): void {
    const { context, inbox, url } = this.parts;
    const params = { ActivitySid: activitySid };
    context.fetch({ url, method: "POST", params }, (error) => {
      if (!error) return;
      const lacks =
        error.status === FORBIDDEN ? "the token lacks the capability ActivityUpdates. " : "";
      const message = `The worker was not moved to ${activitySid}: ${lacks}${error.message}`;
      inbox.tell("error", { response: error.status, message });
    });
  }
}
