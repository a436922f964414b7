/**
 * The telephone on the page: how it is, and its buttons.
 * The rule: a call that the worker asked for by accepting its reservation is answered by itself; any
 * other rings until he answers. The page shows what the telephone tells, never what was pressed.
 */

import { button, byId, make, show } from "./dom.js";
import type { Credentials, Line, OpenLine, State } from "./line.js";
import { announce, complain, log } from "./messages.js";
import { Ring } from "./ring.js";
import { clock } from "./words.js";

declare const SOFTPHONE: string;

const KEYS = "123456789*0#";
const AWAY: State = {
  phase: "away",
  problem: "",
  other: "",
  reservationSid: "",
  muted: false,
  held: false,
};

export class Phone {
  readonly #text = byId("phone-state");
  readonly #keypad = byId("keypad");
  readonly #answer = button("Answer", "go", () => this.#line?.answer());
  readonly #mute = button("Mute", "quiet", () => this.#line?.mute(!this.#state.muted));
  readonly #hold = button("Hold", "quiet", () => this.#line?.hold(!this.#state.held));
  readonly #keys = button("Keypad", "quiet", () => this.#openKeypad(this.#keypad.hidden === true));
  readonly #hangUp = button("Hang up", "stop", () => this.#line?.hangUp());
  /** Reservations whose call the worker asked for. */
  readonly #expected = new Set<string>();
  readonly #ring = new Ring();
  #line: Line | undefined;
  #state = AWAY;
  #since = 0;
  #ticking = 0;

  constructor() {
    const buttons = [this.#answer, this.#mute, this.#hold, this.#keys, this.#hangUp];
    byId("phone-buttons").replaceChildren(...buttons);
    this.#keypad.replaceChildren(...[...KEYS].map((key) => this.#key(key)));
    show(byId("phone"), true);
    this.#draw();
  }

  /** Whether a call would reach it now. */
  get ready(): boolean {
    return this.#state.phase === "ready";
  }

  /** Load the telephone and register it. */
  async connect(credentials: Credentials): Promise<void> {
    const { openLine } = (await import(SOFTPHONE)) as { openLine: OpenLine };
    this.#line = openLine(credentials, {
      changed: (state) => this.#changed(state),
      trouble: complain,
    });
    window.addEventListener("pagehide", () => this.close());
  }

  /** New credentials, before the old ones end. */
  renew(credentials: Credentials): void {
    this.#line?.renew(credentials);
  }

  /** The call for this reservation is to be answered when it comes. */
  expect(reservationSid: string): void {
    this.#expected.add(reservationSid);
  }

  /** The reservation is over, or was not begun: a call for it is like any other. */
  forget(reservationSid: string): void {
    this.#expected.delete(reservationSid);
  }

  close(): void {
    this.#ring.stop();
    window.clearInterval(this.#ticking);
    this.#line?.close();
    this.#line = undefined;
  }

  #changed(state: State): void {
    const before = this.#state;
    this.#state = state;
    if (state.phase !== before.phase) this.#moved(before);
    this.#draw();
  }

  #moved(before: State): void {
    const { phase, other, reservationSid } = this.#state;
    window.clearInterval(this.#ticking);
    this.#ring.stop();
    if (phase === "talking") {
      this.#since = Date.now();
      this.#ticking = window.setInterval(() => this.#draw(), 1_000);
      log(`You talk with ${other}`);
    } else if (before.phase === "talking") log(`The call with ${before.other} is over`);
    if (phase !== "ringing") return;
    if (this.#expected.delete(reservationSid)) this.#line?.answer();
    else {
      this.#ring.start();
      announce(`${other} calls you.`);
    }
  }

  #draw(): void {
    const { phase, muted, held } = this.#state;
    const talking = phase === "talking";
    const focused = document.activeElement;
    byId("phone").dataset["phase"] = phase;
    this.#text.textContent = this.#words();
    show(this.#answer, phase === "ringing");
    show(this.#hangUp, talking || phase === "ringing");
    for (const each of [this.#mute, this.#hold, this.#keys]) show(each, talking);
    if (!talking) this.#openKeypad(false);
    this.#hangUp.textContent = phase === "ringing" ? "Decline" : "Hang up";
    this.#mute.setAttribute("aria-pressed", String(muted));
    this.#hold.setAttribute("aria-pressed", String(held));
    const lost = focused instanceof HTMLElement && byId("phone").contains(focused);
    if (lost && !focused.checkVisibility()) byId("phone-title").focus();
  }

  #words(): string {
    const { phase, problem, other, muted, held } = this.#state;
    if (phase === "away") return ["Not connected", problem].filter(Boolean).join(": ");
    if (phase === "ready") return "Ready";
    if (phase === "ringing") return `${other} calls`;
    const notes = [muted ? "muted" : "", held ? "on hold" : ""].filter(Boolean);
    return [other, clock((Date.now() - this.#since) / 1000), ...notes].join(" · ");
  }

  #openKeypad(open: boolean): void {
    show(this.#keypad, open);
    this.#keys.setAttribute("aria-expanded", String(open));
  }

  #key(key: string): HTMLElement {
    const made = button(key, "quiet", () => this.#line?.press(key));
    return make("li", {}, made);
  }
}
