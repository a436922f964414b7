/**
 * The worker's client: what a page creates, listens to and calls.
 * The rule: it wires the parts and names the commands; how a connection lives, how frames become
 * events and what a resource can do stand in their own modules. No global is touched here.
 */

import { addressesOf, type PageSettings, socketUrlOf } from "./address.js";
import { Arrival } from "./arrival.js";
import { Bridge, type Params } from "./bridge.js";
import { type Callback, callbackOf, isObject, needObject, needString } from "./callback.js";
import { Emitter } from "./emitter.js";
import type { Environment } from "./environment.js";
import type { WorkerEvents } from "./events.js";
import { Inbox, type Raise } from "./inbox.js";
import { ListResource } from "./resources/list_resource.js";
import { mapPayload } from "./resources/mapping.js";
import type { Reservation } from "./resources/reservation.js";
import { readUpdate } from "./resources/resource.js";
import type { ResourceList } from "./resources/resource_list.js";
import { StatisticsResource } from "./resources/statistics.js";
import { completion, type Task } from "./resources/task.js";
import { type WorkerChannel, WorkerResource } from "./resources/worker.js";
import type { Activity } from "./resources/workspace.js";
import { Session } from "./session.js";
import { readToken, type Token } from "./token.js";

/** As many as the server puts on one page. */
const WHOLE = { PageSize: 1000 };

/** The constructor's arguments by name; absent is undefined or null. */
export interface WorkerOptions {
  token: string;
  debug?: boolean | string | null | undefined;
  connectActivitySid?: string | null | undefined;
  disconnectActivitySid?: string | null | undefined;
  closeExistingSessions?: boolean | string | null | undefined;
  region?: string | null | undefined;
  maxRetries?: number | null | undefined;
  apiBaseUrl?: string | null | undefined;
  eventBridgeBaseUrl?: string | null | undefined;
}

/** The worker's fields, which the client bears as it last heard of them. */
type WorkerFields = Pick<
  WorkerResource,
  | "sid"
  | "accountSid"
  | "workspaceSid"
  | "friendlyName"
  | "attributes"
  | "activitySid"
  | "activityName"
  | "available"
  | "dateCreated"
  | "dateUpdated"
  | "dateStatusChanged"
>;

/** Until `ready` the worker's fields are absent. */
export interface WorkerClient extends Partial<WorkerFields> {}

export class WorkerClient extends Emitter<WorkerEvents> {
  readonly workerSid: string;
  readonly connectActivitySid: string | undefined;
  readonly disconnectActivitySid: string | undefined;
  readonly closeExistingSessions: boolean;
  readonly maxRetries: number;
  /** Where the worker lives. */
  readonly resourceUrl: string;
  /** The activities of the workspace. */
  readonly activities: ListResource<Activity>;
  readonly statistics: StatisticsResource;
  readonly #environment: Environment;
  readonly #debug: boolean;
  readonly #bridge: Bridge;
  readonly #session: Session;
  readonly #inbox: Inbox;
  readonly #arrival: Arrival;

  /** Connects at once. Refuses a token that is absent, malformed or incomplete. @internal */
  constructor(
    options: WorkerOptions,
    environment: Environment,
    settings: PageSettings,
    origin: string | undefined,
  ) {
    super();
    const token = readToken(options.token);
    const addresses = addressesOf(options, token, settings, origin);
    this.#environment = environment;
    this.#debug = String(options.debug ?? true) !== "false";
    this.workerSid = token.workerSid;
    this.connectActivitySid = options.connectActivitySid || undefined;
    this.disconnectActivitySid = options.disconnectActivitySid || undefined;
    this.closeExistingSessions = String(options.closeExistingSessions) === "true";
    this.maxRetries = Number(options.maxRetries ?? 0);
    this.resourceUrl = addresses.workerUrl;
    this.#session = this.#sessionAt(addresses.channelUrl, token);
    const current = (): string => this.#session.token;
    this.#bridge = new Bridge(environment, addresses, current, this.#log, mapPayload);
    this.#inbox = new Inbox(this.#bridge, this.#raise, this.#log);
    const parts = { context: this.#bridge, session: this.#session, inbox: this.#inbox };
    this.#arrival = new Arrival(parts, this.#raise, this.resourceUrl, this.connectActivitySid);
    const activitiesUrl = `${addresses.workspaceUrl}/Activities`;
    this.activities = new ListResource(this.#bridge, activitiesUrl, WHOLE);
    this.statistics = new StatisticsResource(this.#bridge, `${this.resourceUrl}/Statistics`);
    if (options.region) this.#log("region", options.region, "at", addresses.baseUrl);
    if (this.disconnectActivitySid) environment.onLeave(() => this.#leave());
    this.#session.start();
  }

  /** Use this token from now on. Refuses one that is malformed or another worker's. */
  updateToken(token: string): void {
    const next = readToken(token);
    if (next.workerSid !== this.workerSid) {
      throw new Error(`The token is for ${next.workerSid}; this worker is ${this.workerSid}`);
    }
    this.#session.updateToken(next);
    this.#arrival.presentToken();
  }

  /** Get the worker as he is now. */
  fetch(callback?: Callback<WorkerResource>): void {
    const command = { url: this.resourceUrl, method: "GET" } as const;
    this.#bridge.fetch(command, this.#adopting(callbackOf(callback)));
  }

  /** Change one field, or several: `update(name, value, callback)`, `update(fields, callback)`. */
  update(name: string, value: unknown, callback?: Callback<WorkerResource>): void;
  update(fields: Params, callback?: Callback<WorkerResource>): void;
  update(...values: unknown[]): void {
    const { params, callback } = readUpdate<WorkerResource>(values);
    this.#post(this.resourceUrl, params, this.#adopting(callback));
  }

  /** Delete the worker; the result is null. */
  delete(callback?: Callback<null>): void {
    const command = { url: this.resourceUrl, method: "DELETE" } as const;
    this.#bridge.fetch(command, callbackOf<null>(callback));
  }

  /** Move the worker to an activity. Deprecated: `update("ActivitySid", …)` does the same. */
  updateActivity(activitySid: string, callback?: Callback<WorkerResource>): void {
    needString(activitySid, "First argument");
    const adopting = this.#adopting(callbackOf<WorkerResource>(callback, SECOND));
    this.#post(this.resourceUrl, { ActivitySid: activitySid }, adopting);
  }

  /** The activities of the workspace. Deprecated: `activities.fetch` does the same. */
  fetchActivityList(callback?: Callback<ResourceList<Activity>>): void {
    this.activities.fetch(callback);
  }

  /** The worker's reservations with their tasks, all or those that `params` select. */
  fetchReservations(callback?: Callback<ResourceList<Reservation>>, params?: Params): void {
    const url = `${this.resourceUrl}/Reservations`;
    const query = isObject(params) ? params : undefined;
    this.#bridge.fetch({ url, method: "GET", params: query }, callbackOf(callback));
  }

  /** The worker's channels. The token must allow reading his subresources. */
  fetchChannels(callback?: Callback<ResourceList<WorkerChannel>>): void {
    const url = `${this.resourceUrl}/Channels`;
    this.#bridge.fetch({ url, method: "GET", params: WHOLE }, callbackOf(callback));
  }

  /** Change fields of a task. */
  updateTask(taskSid: string, params: Params, callback?: Callback<Task>): void {
    needString(taskSid, "First argument");
    needObject(params, SECOND);
    this.#post(this.#taskUrl(taskSid), params, callbackOf<Task>(callback, "Third argument"));
  }

  /** Complete a task, with a reason if there is one to tell. */
  completeTask(taskSid: string, callback?: Callback<Task> | null, reason?: string | null): void {
    needString(taskSid, "First argument");
    const answered = callbackOf<Task>(callback, SECOND);
    this.#post(this.#taskUrl(taskSid), completion(reason), answered);
  }

  /** Whether reservation events carry what the frame tells, without asking the server. */
  setSkipFetchReservation(skip: boolean): void {
    this.#inbox.skipsFetch = skip;
  }

  #connected(): void {
    this.#arrival.begin();
    this.#raise("connected");
  }

  /** The page goes away. A session that a newer one ended has no say in the worker's activity. */
  #leave(): void {
    const params = { ActivitySid: this.disconnectActivitySid };
    const command = { url: this.resourceUrl, method: "POST", params } as const;
    if (!this.#session.isOver) this.#bridge.beacon(command);
  }

  #post<Result>(url: string, params: Params, callback: Callback<Result>): void {
    this.#bridge.fetch({ url, method: "POST", params }, callback);
  }

  #taskUrl(taskSid: string): string {
    return `${this.#bridge.workspaceUrl}/Tasks/${taskSid}`;
  }

  #adopting(callback: Callback<WorkerResource>): Callback<WorkerResource> {
    return (error, worker) => {
      if (!error) this.#adopt(worker);
      callback(error, worker);
    };
  }

  /** Bear the fields of this worker, who is us. */
  #adopt(worker: WorkerResource): void {
    Object.assign(this, worker);
  }

  #sessionAt(channelUrl: string, token: Token): Session {
    const { closeExistingSessions, disconnectActivitySid } = this;
    const socketUrl = (text: string): string =>
      socketUrlOf(channelUrl, text, closeExistingSessions, disconnectActivitySid);
    return new Session(this.#environment, token, socketUrl, {
      connected: () => this.#connected(),
      received: (text) => this.#inbox.received(text),
      failed: (message) => this.#raise("error", { response: 0, message }),
      disconnected: (disconnection) => this.#raise("disconnected", disconnection),
      tokenExpired: () => this.#raise("token.expired"),
    });
  }

  /** Tell the page. A listener that throws is reported; our own work goes on. */
  readonly #raise: Raise = (event, ...values) => {
    const [first] = values;
    if (first instanceof WorkerResource) this.#adopt(first);
    this.#log("event", event, ...values);
    try {
      this.emit(event, ...values);
    } catch (thrown) {
      this.#environment.report(thrown);
    }
  };

  readonly #log = (...values: unknown[]): void => {
    if (this.#debug) this.#environment.log(...values);
  };
}

const SECOND = "Second argument";
