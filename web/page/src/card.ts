/**
 * One reservation on the page: who it is about, what can be done, how long it has taken.
 * The rule: a card shows what the server said of the reservation last; a press changes nothing until
 * the server answers.
 */

import type { Reservation, Task } from "@pointsman/taskrouter-sdk";
import { button, make } from "./dom.js";
import { clock, storyOf } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 26;
const LENGTH = 2 * Math.PI * RADIUS;

/** What a press on a card asks for. */
export type Action = "accept" | "reject" | "wrap up" | "complete";

const ACTIONS: Record<string, readonly [Action, string, string][]> = {
  pending: [
    ["accept", "Accept", "go"],
    ["reject", "Reject", "quiet"],
  ],
  accepted: [
    ["complete", "Complete", "go"],
    ["wrap up", "Wrap up", "quiet"],
  ],
  wrapping: [["complete", "Complete", "go"]],
};
const STATES: Record<string, string> = { accepted: "Working", wrapping: "Wrapping up" };

export class Card {
  readonly element = make("li", { class: "card", tabindex: "-1" });
  readonly #act: (action: Action) => void;
  readonly #seen_at: number;
  readonly #allowed_s: number;
  readonly #seconds = make("span", { class: "seconds" });
  readonly #ring = document.createElementNS(SVG, "circle");
  readonly #waited = make("span", {});
  #busy = false;
  #status = "";
  /** When the state shown began, epoch ms of the server. */
  #since = 0;
  #task: Task;

  constructor(
    reservation: Reservation,
    allowed_s: number,
    now: number,
    act: (action: Action) => void,
  ) {
    this.#act = act;
    this.#allowed_s = allowed_s;
    this.#seen_at = now;
    this.#task = reservation.task;
    this.element.dataset["sid"] = reservation.sid;
    this.show(reservation, now);
  }

  get task(): Task {
    return this.#task;
  }

  get status(): string {
    return this.#status;
  }

  /** Show the reservation as it is now. */
  show(reservation: Reservation, now: number): void {
    const status = reservation.reservationStatus ?? "pending";
    if (status !== this.#status) {
      const began = status === "pending" ? reservation.dateCreated : reservation.dateUpdated;
      this.#since = Math.min(began?.getTime() ?? now, now);
    }
    this.#status = status;
    this.#task = reservation.task ?? this.#task;
    this.#busy = false;
    this.#draw();
    this.tick(now);
  }

  /** The task changed, the reservation did not. */
  update(task: Task, now: number): void {
    this.#task = task;
    this.#draw();
    this.tick(now);
  }

  /** While the server has not answered, further presses do nothing. */
  set busy(busy: boolean) {
    this.#busy = busy;
    for (const each of this.element.querySelectorAll("button")) {
      each.setAttribute("aria-disabled", String(busy));
    }
  }

  /** Time passes. */
  tick(now: number): void {
    const passed_s = (now - this.#since) / 1000;
    const left_s = Math.min(Math.max(this.#allowed_s - passed_s, 0), this.#allowed_s);
    if (this.#status === "pending") {
      this.#seconds.textContent = String(Math.ceil(left_s));
      const gone = 1 - left_s / this.#allowed_s;
      this.#ring.style.strokeDashoffset = String(-gone * LENGTH);
      this.element.classList.toggle("late", left_s <= 10);
    } else {
      this.#seconds.textContent = clock(passed_s);
    }
    const waiting_s = (this.#task.age ?? 0) + (now - this.#seen_at) / 1000;
    this.#waited.textContent = `waiting for ${clock(waiting_s)}`;
  }

  #draw(): void {
    const story = storyOf(this.#task);
    const pending = this.#status === "pending";
    const facts = pending ? [this.#waited] : [];
    if (this.#task.priority) facts.push(make("span", {}, `priority ${this.#task.priority}`));
    this.element.dataset["status"] = this.#status;
    this.element.setAttribute("aria-label", `${story.title}: ${story.about}`);
    this.element.replaceChildren(
      pending ? this.#countdown() : this.#state(),
      make(
        "div",
        { class: "story" },
        make("h3", {}, story.title),
        make("p", {}, story.about),
        make("p", { class: "facts muted" }, ...facts),
      ),
      make("div", { class: "actions" }, ...this.#buttons(story.title)),
    );
  }

  #buttons(title: string): HTMLButtonElement[] {
    return (ACTIONS[this.#status] ?? []).map(([action, text, className]) => {
      const made = button(text, className, () => {
        if (!this.#busy) this.#act(action);
      });
      made.setAttribute("aria-label", `${text}: ${title}`);
      made.setAttribute("aria-disabled", String(this.#busy));
      return made;
    });
  }

  #state(): HTMLElement {
    const text = STATES[this.#status] ?? this.#status;
    return make("div", { class: "state" }, make("span", {}, text), this.#seconds);
  }

  /** A ring that empties; the number says the same to those who do not see it. */
  #countdown(): HTMLElement {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 60 60");
    svg.setAttribute("aria-hidden", "true");
    const track = document.createElementNS(SVG, "circle");
    for (const circle of [track, this.#ring]) {
      for (const [name, value] of Object.entries({ cx: 30, cy: 30, r: RADIUS })) {
        circle.setAttribute(name, String(value));
      }
    }
    track.setAttribute("class", "track");
    this.#ring.setAttribute("class", "left");
    this.#ring.style.strokeDasharray = String(LENGTH);
    svg.append(track, this.#ring);
    const label = make("span", { class: "unseen" }, " seconds to answer");
    return make("div", { class: "ring" }, svg, this.#seconds, label);
  }
}
