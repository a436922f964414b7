/**
 * From frames to events of the page.
 * The rules: events come in the order of the frames, although some must fetch first; each frame counts
 * once; and a reservation is announced as created once, by whichever of frame and snapshot comes first.
 *
 * Differs from Twilio (Worker.event reservation.created): it is raised once for each reservation, not
 * again at every reconnect; what was missed meanwhile is raised too.
 */

import type { Context } from "./bridge.js";
import { isObject } from "./callback.js";
import { eventOf, type Raise } from "./events.js";
import type { Payload } from "./fields.js";
import { Reservation } from "./resources/reservation.js";
import { Task } from "./resources/task.js";
import { Told } from "./told.js";

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
  readonly #told = new Told();
  readonly #ownUrl: string;
  /** The number of the last frame. */
  #last: number | undefined;
  /** Frames were missed, and it is not yet known what they told. */
  #behind = false;

  /** `ownUrl` is where the resource lives whose channel this is. */
  constructor(context: Context, raise: Raise, log: (...values: unknown[]) => void, ownUrl: string) {
    this.#context = context;
    this.#raise = raise;
    this.#log = log;
    this.#ownUrl = ownUrl;
  }

  /** After which frame the server should go on; empty if that cannot be said. */
  get cursor(): string {
    return this.#behind ? "" : String(this.#last ?? "");
  }

  /** Tell the page, and remember it. */
  tell(event: string, ...values: unknown[]): void {
    this.#told.note(event, values[0]);
    this.#raise(event, ...values);
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
    const { seq } = frame;
    if (frame.event_type === RESYNC) return this.#resync(seq);
    if (typeof seq === "number" && seq <= (this.#last ?? -1)) return;
    this.#last = seq ?? this.#last;
    const event = eventOf(frame.event_type);
    const payload = frame.payload;
    if (isObject(payload) && typeof payload["reservation_sid"] === "string") {
      this.#reserved(event, payload, payload["reservation_sid"]);
    } else {
      this.place()(() => this.tell(event, this.#context.map(payload)));
    }
  }

  /** A snapshot shows this pending reservation: announce it, unless the page knows it. */
  offer(reservation: Reservation): void {
    if (this.#knows(reservation.sid)) return;
    this.tell("reservation.created", reservation);
  }

  /** The server cannot say what was missed. At the first connection that is nothing. */
  #resync(seq: number | undefined): void {
    const isFirst = this.#last === undefined;
    this.#last = seq;
    if (isFirst) return;
    this.#behind = true;
    const deliver = this.place();
    this.#told.missed(this.#context, this.#ownUrl, (news) => {
      if (news) this.#behind = false;
      deliver(() => news?.forEach((each) => this.tell(...each)));
    });
  }

  #reserved(event: string, payload: Payload, sid: string): void {
    const known = this.#knows(sid);
    if (known && event === "reservation.created") return;
    const bare = this.#bare(payload, sid);
    const deliver = this.place();
    const done = (reservation: Reservation): void => deliver(() => this.tell(event, reservation));
    if (this.skipsFetch) done(bare);
    else this.#complete(bare, done);
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
  readonly seq: number | undefined;
}

/** The name of the frame that says: look for yourself. */
const RESYNC = "resync";

function frameOf(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    if (!isObject(frame) || typeof frame["event_type"] !== "string") return undefined;
    const { event_type, payload, seq } = frame;
    return { event_type, payload, seq: typeof seq === "number" ? seq : undefined } as Frame;
  } catch {
    return undefined;
  }
}
