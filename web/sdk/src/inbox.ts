/**
 * From frames to events of the page.
 * The rules: events come in the order of the frames, although some must fetch first; and a
 * reservation is announced as created once, by whichever of frame and snapshot comes first.
 */

import type { Context } from "./bridge.js";
import { isObject } from "./callback.js";
import { eventOf, type WorkerEvents } from "./events.js";
import type { Payload } from "./fields.js";
import { Reservation } from "./resources/reservation.js";
import { Task } from "./resources/task.js";

/** Tells the page. */
export type Raise = <Name extends keyof WorkerEvents>(
  event: Name,
  ...values: WorkerEvents[Name]
) => void;

interface Place {
  deliver?: () => void;
}

export class Inbox {
  /** Whether reservations are made of the frame alone, without asking the server. */
  skipsFetch = false;
  readonly #context: Context;
  readonly #raise: Raise;
  readonly #log: (...values: unknown[]) => void;
  readonly #queue: Place[] = [];
  readonly #known = new Set<string>();

  constructor(context: Context, raise: Raise, log: (...values: unknown[]) => void) {
    this.#context = context;
    this.#raise = raise;
    this.#log = log;
  }

  /** Take a place in the order of events; what comes later waits until it is delivered. */
  place(): (deliver: () => void) => void {
    const place: Place = {};
    this.#queue.push(place);
    return (deliver) => {
      place.deliver = deliver;
      this.#drain();
    };
  }

  /** A frame came. One that cannot be read is logged and dropped. */
  received(text: string): void {
    const frame = frameOf(text);
    this.#log("received", frame ?? text);
    if (!frame) return;
    const event = eventOf(frame.event_type);
    const payload = frame.payload;
    if (isObject(payload) && typeof payload["reservation_sid"] === "string") {
      this.#reserved(event, payload, payload["reservation_sid"]);
    } else {
      this.place()(() => this.#raise(event, this.#context.map(payload) as never));
    }
  }

  /** A snapshot shows this pending reservation: announce it, unless the page knows it. */
  offer(reservation: Reservation): void {
    if (this.#knows(reservation.sid)) return;
    this.#raise("reservation.created", reservation);
  }

  #reserved(event: keyof WorkerEvents, payload: Payload, sid: string): void {
    const known = this.#knows(sid);
    if (known && event === "reservation.created") return;
    const bare = this.#bare(payload, sid);
    const deliver = this.place();
    const tell = (reservation: Reservation): void =>
      deliver(() => this.#raise(event, reservation as never));
    if (this.skipsFetch) tell(bare);
    else this.#complete(bare, tell);
  }

  /** What the frame alone tells: a reservation of a SID, with the task's fields as they were. */
  #bare(payload: Payload, sid: string): Reservation {
    const { account_sid, workspace_sid } = payload;
    const fields = { sid, task_sid: payload["sid"], account_sid, workspace_sid };
    const reservation = this.#context.map(fields) as Reservation;
    return reservation.attach(this.#context.map(payload) as Task);
  }

  /** Fetch reservation and task side by side; what cannot be had stays as the frame told. */
  #complete(bare: Reservation, done: (reservation: Reservation) => void): void {
    let [reservation, task, missing] = [bare, bare.task, 2];
    const arrived = (): void => {
      if (--missing === 0) done(reservation.attach(task));
    };
    this.#context.request({ url: bare.taskUrl, method: "GET" }, (_, found) => {
      if (found instanceof Task) task = found;
      arrived();
    });
    this.#context.request({ url: bare.resourceUrl, method: "GET" }, (_, found) => {
      if (found instanceof Reservation) reservation = found;
      arrived();
    });
  }

  /** Whether the page knew this reservation; from now on it does. */
  #knows(sid: string): boolean {
    const known = this.#known.has(sid);
    this.#known.add(sid);
    return known;
  }

  #drain(): void {
    let next = this.#queue[0]?.deliver;
    while (next) {
      this.#queue.shift();
      next();
      next = this.#queue[0]?.deliver;
    }
  }
}

interface Frame {
  readonly event_type: string;
  readonly payload: unknown;
}

function frameOf(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    if (!isObject(frame) || typeof frame["event_type"] !== "string") return undefined;
    return { event_type: frame["event_type"], payload: frame["payload"] };
  } catch {
    return undefined;
  }
}
