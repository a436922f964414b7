/**
 * What the page was last told of its worker and of every reservation that has not ended, and how
 * to find out what differs from it after frames were missed that cannot be had any more.
 */

import type { Context } from "./bridge.js";
import { forEach } from "./callback.js";
import { Reservation, WIDTH } from "./resources/reservation.js";
import { WorkerResource } from "./resources/worker.js";

/** An event of the page, and what it brings. */
export type News = [event: string, brought: WorkerResource | Reservation];

/** The events after which nothing more comes of a reservation. */
const ENDS = /\.(rejected|timeout|canceled|rescinded|completed)$/;

export class Told {
  #worker: WorkerResource | undefined;
  readonly #live = new Map<string, News>();

  /** The page was told this. What `ready` brings again is no event, and hides none. */
  note(event: string, brought: unknown): void {
    if (brought instanceof WorkerResource && (event !== "ready" || !this.#worker)) {
      this.#worker = brought;
    } else if (brought instanceof Reservation) {
      if (ENDS.test(event)) this.#live.delete(brought.sid);
      else this.#live.set(brought.sid, [event, brought]);
    }
  }

  /** What the page should have been told meanwhile; undefined if the server does not answer. */
  missed(context: Context, url: string, done: (news: News[] | undefined) => void): void {
    const live = [...this.#live.values()];
    const found: News[][] = [];
    let failed = false;
    const ask = (place: number, next: () => void): void => {
      const reservation = live[place]?.[1];
      const command = { url: reservation?.resourceUrl ?? url, method: "GET" } as const;
      context.fetch<WorkerResource | Reservation>(command, (error, now) => {
        if (error) failed ||= error.status !== 404;
        else found[place] = now instanceof Reservation ? this.#ofReservation(now) : this.#of(now);
        next();
      });
    };
    const places = [live.length, ...live.keys()];
    forEach(places, WIDTH, ask, () => done(failed ? undefined : found.flat()));
  }

  #of(worker: WorkerResource): News[] {
    const [was, news] = [this.#worker, [] as News[]];
    if (!was) return news;
    if (was.activitySid !== worker.activitySid) news.push(["activity.update", worker]);
    const changed = JSON.stringify(was.attributes) !== JSON.stringify(worker.attributes);
    if (changed) news.push(["attributes.update", worker]);
    return news;
  }

  #ofReservation(reservation: Reservation): News[] {
    const status = reservation.reservationStatus;
    const word = { pending: "created", wrapping: "wrapup" }[status as string] ?? status;
    const event = `reservation.${word}`;
    return this.#live.get(reservation.sid)?.[0] === event ? [] : [[event, reservation]];
  }
}
