/**
 * The worker's reservations, offers above and work below.
 * The rule: the keyboard's place is never lost: when a card goes, the focus goes to the next one or
 * to the heading above, and never onto a button that one more press would trigger.
 */

import type { Reservation, Task } from "@pointsman/taskrouter-sdk";
import { type Action, Card } from "./card.js";
import { byId, show } from "./dom.js";

/** Reservations in these states are the worker's; in any other they are over. */
export const LIVE = ["pending", "accepted", "wrapping"] as const;

export class Board {
  readonly #offers = byId("offers");
  readonly #work = byId("work");
  readonly #cards = new Map<string, Card>();
  readonly #allowed_s: number;
  readonly #act: (reservation: Reservation, action: Action) => void;

  constructor(allowed_s: number, act: (reservation: Reservation, action: Action) => void) {
    this.#allowed_s = allowed_s;
    this.#act = act;
    this.clear();
  }

  get offers(): number {
    return this.#offers.children.length;
  }

  /** Show this reservation where it belongs; gives whether it was not there before. */
  put(reservation: Reservation, now: number): boolean {
    const known = this.#cards.get(reservation.sid);
    if (!known) {
      const act = (action: Action): void => this.#act(reservation, action);
      this.#place(reservation.sid, new Card(reservation, this.#allowed_s, now, act));
      return true;
    }
    const focused = known.element.contains(document.activeElement);
    known.show(reservation, now);
    this.#place(reservation.sid, known);
    if (focused) known.element.focus();
    return false;
  }

  /** The reservation is over. */
  remove(sid: string): void {
    const card = this.#cards.get(sid);
    if (!card) return;
    const { element } = card;
    const focused = element.contains(document.activeElement);
    const list = element.parentElement as HTMLElement;
    const next = element.nextElementSibling ?? element.previousElementSibling;
    const title = byId(list === this.#offers ? "offers-title" : "work-title");
    element.remove();
    this.#cards.delete(sid);
    this.#count();
    if (focused) ((next as HTMLElement | null) ?? title).focus();
  }

  /** A task changed. */
  update(task: Task, now: number): void {
    for (const card of this.#cards.values()) {
      if (card.task.sid === task.sid) card.update(task, now);
    }
  }

  /** These are all there are, as of now. */
  reconcile(reservations: readonly Reservation[], now: number): void {
    const present = new Set(reservations.map((each) => each.sid));
    for (const sid of [...this.#cards.keys()]) if (!present.has(sid)) this.remove(sid);
    for (const reservation of reservations) this.put(reservation, now);
  }

  /** While the server has not answered for this card, its buttons do nothing. */
  busy(sid: string, busy: boolean): void {
    const card = this.#cards.get(sid);
    if (card) card.busy = busy;
  }

  tick(now: number): void {
    for (const card of this.#cards.values()) card.tick(now);
  }

  clear(): void {
    for (const sid of [...this.#cards.keys()]) this.#cards.delete(sid);
    this.#offers.replaceChildren();
    this.#work.replaceChildren();
    this.#count();
  }

  #place(sid: string, card: Card): void {
    this.#cards.set(sid, card);
    const list = card.status === "pending" ? this.#offers : this.#work;
    if (card.element.parentElement !== list) list.append(card.element);
    this.#count();
  }

  #count(): void {
    show(byId("no-offers"), this.#offers.children.length === 0);
    show(byId("no-work"), this.#work.children.length === 0);
  }
}
