/**
 * The page's life: choose a worker, then be him. Who it is stands in the address (`/#alice`), so
 * that a reload, a bookmark and the way back do what they do everywhere.
 */

import { type TaskRouterError, version } from "@pointsman/taskrouter-sdk";
import { nextCustomer } from "./customers.js";
import { Demo, type Person } from "./demo.js";
import { Desk } from "./desk.js";
import { byId, make, show } from "./dom.js";
import { calm, complain, connection, log } from "./messages.js";
import { named, skillsOf } from "./words.js";

declare const SDK_INTEGRITY: string;

const FORBIDDEN = 403;

const demo = new Demo();
let desk: Desk | undefined;

/** Show what the address says; who `moved` there has the keyboard's place at its heading. */
async function open(moved = false): Promise<void> {
  const worker = decodeURIComponent(location.hash.slice(1));
  show(byId("choose"), !worker);
  show(byId("desk"), Boolean(worker));
  try {
    if (worker) await takeDesk(worker);
    else await offerDesks();
    if (moved) byId(worker ? "worker-name" : "choose-title").focus();
  } catch (error) {
    refused(error as TaskRouterError);
  }
}

async function takeDesk(worker: string): Promise<void> {
  const session = await demo.session(worker);
  const offlineSid = await demo.offlineSid(session);
  desk?.close();
  desk = new Desk(demo, session, offlineSid, () => location.reload());
  document.title = `${named(worker)} – Pointsman`;
}

async function offerDesks(): Promise<void> {
  connection("none");
  const people = await demo.people();
  show(byId("key"), false);
  byId("people").replaceChildren(...people.map(personRow));
}

function personRow({ name, attributes }: Person): HTMLElement {
  const initial = make("span", { class: "initial", "aria-hidden": "true" }, name.charAt(0));
  const words = make("span", {}, make("strong", {}, named(name)), skillsOf(attributes));
  return make("li", {}, make("a", { href: `#${encodeURIComponent(name)}` }, initial, words));
}

/** The demo may want its key; any other refusal is told. */
function refused(error: TaskRouterError): void {
  show(byId("choose"), true);
  show(byId("desk"), false);
  const locked = error.status === FORBIDDEN;
  show(byId("key"), locked);
  if (locked && !demo.key) byId("key-text").focus();
  else complain(error.message);
}

async function bringCustomer(form: HTMLFormElement): Promise<void> {
  if (!desk) return;
  const chosen = new FormData(form);
  const order = nextCustomer(
    String(chosen.get("language")),
    String(chosen.get("level")),
    String(chosen.get("channel")),
  );
  calm();
  try {
    await demo.createTask(desk.session, order);
    log(`You brought in ${order.caller}`);
  } catch (error) {
    complain(`The task was not created: ${(error as TaskRouterError).message}`);
  }
}

byId<HTMLFormElement>("caller").onsubmit = (event) => {
  event.preventDefault();
  void bringCustomer(event.currentTarget as HTMLFormElement);
};
byId("key").onsubmit = (event) => {
  event.preventDefault();
  demo.key = byId<HTMLInputElement>("key-text").value;
  calm();
  void open(true);
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") calm();
});
// Another worker is another page: nothing of the last one stays behind.
window.addEventListener("hashchange", () => (desk ? location.reload() : void open(true)));
byId("tag").textContent =
  `<script src="${location.origin}/sdk/v${version}/taskrouter.min.js" ` +
  `integrity="${SDK_INTEGRITY}" crossorigin="anonymous"></script>`;
void open();
