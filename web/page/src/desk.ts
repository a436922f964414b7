/**
 * A worker at work: joins what the SDK tells to what the page shows.
 * The rule: the server decides. A press sends a command, and what is shown follows the event that
 * comes of it, so that a second window, a supervisor or a timer look just the same.
 */

import { Worker } from "@pointsman/taskrouter-sdk";
import type {
  Callback,
  Disconnection,
  Reservation,
  ResourceList,
  Task,
  TaskRouterError,
  WorkerResource,
} from "@pointsman/taskrouter-sdk";
import { Board, LIVE } from "./board.js";
import type { Action } from "./card.js";
import type { Demo, Session } from "./demo.js";
import { byId } from "./dom.js";
import { announce, banner, calm, complain, connection, log } from "./messages.js";
import { Panel } from "./panel.js";
import { Phone } from "./phone.js";
import { callOf, named, storyOf } from "./words.js";

const TICK_MS = 250;
const NOT_FOUND = 404;
const AGAIN_MS = 3_000;
/** A computer whose clock is wrong may think every token spent: it asks for one a minute. */
const RENEWAL_MS = 60_000;

/** How an offer or a piece of work ended, as a line of the log. */
const ENDINGS = {
  rejected: "You rejected",
  timeout: "You did not answer in time",
  canceled: "Withdrawn",
  rescinded: "Somebody else took",
  completed: "Completed",
} as const;

export class Desk {
  readonly #demo: Demo;
  readonly #worker: Worker;
  readonly #panel: Panel;
  readonly #board: Board;
  readonly #ticking: number;
  readonly #reopen: () => void;
  #phone: Phone | undefined;
  #session: Session;
  #renewed_at = 0;
  /** Counts what was told of reservations, so that a list that was overtaken is not believed. */
  #told = 0;

  /** `reopen` starts this worker's desk again, after another window took over. */
  constructor(demo: Demo, session: Session, offlineSid: string | undefined, reopen: () => void) {
    this.#demo = demo;
    this.#session = session;
    this.#reopen = reopen;
    this.#panel = new Panel((sid, name) => this.#enter(sid, name));
    this.#board = new Board(session.reservation_timeout, (...press) => this.#act(...press));
    connection("off", "Connecting…");
    this.#worker = new Worker(session.token, false, null, offlineSid, true);
    this.#listen();
    this.#ticking = window.setInterval(() => this.#board.tick(demo.now()), TICK_MS);
    if (session.softphone) void this.#openPhone();
  }

  get session(): Session {
    return this.#session;
  }

  /** Leave the desk. The page is loaded anew, which closes the connection. */
  close(): void {
    window.clearInterval(this.#ticking);
    this.#worker.removeAllListeners();
    this.#phone?.close();
  }

  /** Have a phone, if the worker is called at one in a page; he may be called elsewhere. */
  async #openPhone(): Promise<void> {
    try {
      const credentials = await this.#demo.softphone(this.#session);
      this.#phone = new Phone();
      await this.#phone.connect(credentials);
    } catch (error) {
      const { status, message } = error as TaskRouterError;
      if (status !== NOT_FOUND) complain(`The phone does not work: ${message}`);
    }
  }

  #listen(): void {
    const worker = this.#worker;
    worker.on("ready", (ready) => this.#arrived(ready));
    worker.on("disconnected", (how) => this.#lost(how));
    worker.on("error", ({ message, response }) => {
      if (response) complain(message);
    });
    worker.on("token.expired", () => void this.#renew());
    worker.on("activity.update", (changed) => {
      this.#panel.showWorker(changed);
      log(`You are now: ${changed.activityName}`);
    });
    worker.on("attributes.update", (changed) => this.#panel.showWorker(changed));
    worker.on("capacity.update", () => this.#fetchChannels());
    worker.on("channel.availability.update", () => this.#fetchChannels());
    worker.on("reservation.created", (reservation) => this.#offered(reservation));
    worker.on("reservation.accepted", (reservation) => this.#progressed(reservation, "Accepted"));
    worker.on("reservation.wrapup", (reservation) => this.#progressed(reservation, "Wrapping up"));
    for (const [ending, words] of Object.entries(ENDINGS)) {
      const event = `reservation.${ending as keyof typeof ENDINGS}` as const;
      worker.on(event, (reservation) => this.#ended(reservation, words));
    }
    worker.on("task.updated", (task) => this.#board.update(task, this.#demo.now()));
  }

  #arrived(worker: WorkerResource): void {
    byId("desk").inert = false;
    connection("on", "Connected");
    banner("");
    calm();
    this.#panel.showWorker(worker);
    log(`${named(worker.friendlyName)} is connected`);
    this.#worker.activities.fetch(this.#or((activities) => this.#panel.showActivities(activities)));
    this.#fetchChannels();
    this.#fetchReservations();
  }

  #lost({ message, evicted, reconnecting }: Disconnection): void {
    const closed = "Your desk was opened in another window.";
    if (evicted) this.#phone?.close();
    if (evicted) banner(closed, { text: "Work here instead", go: this.#reopen });
    else if (reconnecting) {
      banner("The connection to the server is lost. Your work is kept; trying to reconnect…");
    } else banner(message, { text: "Try again", go: this.#reopen });
    byId("desk").inert = !reconnecting;
    connection("off", reconnecting ? "Reconnecting…" : "Not connected");
    log(evicted ? closed : "The connection was lost");
    announce(evicted ? closed : "The connection was lost.");
  }

  /** The token ends in five seconds, or has ended; without a new one nothing works. */
  async #renew(): Promise<void> {
    const wait_ms = this.#renewed_at + RENEWAL_MS - Date.now();
    if (wait_ms > 0) return void window.setTimeout(() => void this.#renew(), wait_ms);
    try {
      this.#session = await this.#demo.session(this.#session.worker);
      this.#renewed_at = Date.now();
      this.#worker.updateToken(this.#session.token);
      if (this.#phone) this.#phone.renew(await this.#demo.softphone(this.#session));
    } catch {
      window.setTimeout(() => void this.#renew(), AGAIN_MS);
    }
  }

  #offered(reservation: Reservation): void {
    const { title, about } = storyOf(reservation.task);
    if (this.#board.put(reservation, this.#demo.now())) {
      announce(`New offer. ${title}: ${about}.`);
      log(`Offered: ${title}`);
    }
    this.#changed();
  }

  #progressed(reservation: Reservation, words: string): void {
    this.#board.put(reservation, this.#demo.now());
    log(`${words}: ${storyOf(reservation.task).title}`);
    this.#changed();
  }

  #ended(reservation: Reservation, words: string): void {
    const { title } = storyOf(reservation.task);
    this.#board.remove(reservation.sid);
    this.#phone?.forget(reservation.sid);
    announce(`${words}: ${title}.`);
    log(`${words}: ${title}`);
    this.#changed();
  }

  #changed(): void {
    this.#told++;
    this.#count();
    this.#fetchChannels();
  }

  #count(): void {
    const { offers } = this.#board;
    const name = named(this.#session.worker);
    document.title = offers ? `(${offers}) ${name} – Pointsman` : `${name} – Pointsman`;
  }

  #enter(activitySid: string, name: string): void {
    calm();
    this.#worker.update("ActivitySid", activitySid, (error) => {
      if (!error) return;
      complain(`You could not be moved to ${name}: ${reasonOf(error)}`);
      this.#panel.showActivity();
    });
  }

  #act(reservation: Reservation, action: Action): void {
    calm();
    this.#board.busy(reservation.sid, true);
    const answered: Callback<Reservation | Task> = (error) => {
      if (!error) return;
      this.#phone?.forget(reservation.sid);
      complain(`This could not be done (${action}): ${reasonOf(error)}`);
      this.#board.busy(reservation.sid, false);
      if (error.code) this.#fetchReservations(); // what is shown is not what is
    };
    if (action === "accept" && callOf(reservation.task)) this.#connect(reservation, answered);
    else if (action === "accept") reservation.accept(answered);
    else if (action === "reject") reservation.reject(answered);
    else if (action === "complete") this.#worker.completeTask(reservation.taskSid, answered);
    else this.#worker.updateTask(reservation.taskSid, { AssignmentStatus: "wrapping" }, answered);
  }

  /** A caller waits: the worker's phone rings, and answering it accepts. */
  #connect(reservation: Reservation, answered: Callback<Reservation>): void {
    if (this.#phone && !this.#phone.ready) {
      this.#board.busy(reservation.sid, false);
      return complain("Your phone is in another call, or not connected, so nobody could reach you");
    }
    this.#phone?.expect(reservation.sid);
    reservation.dequeue(answered);
  }

  #fetchChannels(): void {
    this.#worker.fetchChannels(this.#or((channels) => this.#panel.showChannels(channels)));
  }

  /** All that is live, after whatever was missed. */
  #fetchReservations(): void {
    const found: Reservation[] = [];
    const lists = [...LIVE];
    const told = this.#told;
    const next = (): void => {
      const status = lists.shift();
      if (!status && told !== this.#told) return this.#fetchReservations();
      if (!status) {
        this.#board.reconcile(found, this.#demo.now());
        return this.#count();
      }
      const params = { ReservationStatus: status, PageSize: 100 };
      const add = (list: ResourceList<Reservation>): void => {
        found.push(...list);
        next();
      };
      this.#worker.fetchReservations(this.#or(add), params);
    };
    next();
  }

  /** A failure for want of a connection is told by the banner; any other is told as it is. */
  #or<Result>(use: (result: Result) => void): Callback<Result> {
    return (error, result) => {
      if (!error) use(result);
      else if (error.code) complain(error.message);
    };
  }
}

/** The server's own sentence, or that there was none. */
function reasonOf(error: TaskRouterError): string {
  return error.code ? error.message : "the server did not answer";
}
