/** What the page says: the log, the state of the connection, a notice, and words for the ear. */

import { button, byId, make } from "./dom.js";
import { sentence } from "./words.js";

const LOG_LINES = 50;
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** Add a line to the log, the newest on top. */
export function log(text: string): void {
  const list = byId("log");
  const now = new Date();
  const time = make("time", { datetime: now.toISOString() }, TIME.format(now));
  list.prepend(make("li", {}, time, make("span", {}, text)));
  while (list.children.length > LOG_LINES) list.lastElementChild?.remove();
}

/** Say something at once to those who listen instead of looking. */
export function announce(text: string): void {
  byId("announcer").replaceChildren(make("p", {}, text)); // a new element is read out again
}

/** Tell of an error until it is dismissed, by its button or Escape; the focus then goes back. */
export function complain(text: string): void {
  const before = document.activeElement as HTMLElement | null;
  const dismiss = button("Dismiss", "quiet", () => {
    calm();
    before?.focus();
  });
  byId("notice").replaceChildren(make("p", {}, sentence(text)), dismiss);
}

/** Take the complaint away. */
export function calm(): void {
  byId("notice").replaceChildren();
}

/** The state of the connection, small in the head of the page. */
export function connection(state: "on" | "off" | "none", text = ""): void {
  const element = byId("connection");
  element.hidden = state === "none";
  element.dataset["state"] = state;
  element.textContent = text;
}

/** What stands in the way of working, across the page, with a way out where there is one. */
export function banner(text: string, way?: { text: string; go: () => void }): void {
  const out = way ? [button(way.text, "quiet", way.go)] : [];
  byId("banner").replaceChildren(...(text ? [make("p", {}, text), ...out] : []));
}
