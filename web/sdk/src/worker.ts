/**
 * The worker's client: what a page creates, listens to and calls.
 * The rule: it names the commands; how a connection lives, how frames become events and what a
 * resource can do stand in their own modules.
 */

import { type Addresses, socketUrlOf } from "./address.js";
import type { Params } from "./bridge.js";
import { type Callback, callbackOf, isObject, needObject, needString } from "./callback.js";
import { Client, type ClientOptions, type Surroundings } from "./client.js";
import type { WorkerEvents } from "./events.js";
import { ListResource } from "./resources/list_resource.js";
import type { Reservation } from "./resources/reservation.js";
import type { ResourceList } from "./resources/resource_list.js";
import { StatisticsResource } from "./resources/statistics.js";
import { completion, type Task } from "./resources/task.js";
import type { WorkerChannel, WorkerResource } from "./resources/worker.js";
import { type Activity, WHOLE } from "./resources/workspace.js";
import { WorkerArrival } from "./worker_arrival.js";

/** The constructor's arguments by name; absent is undefined or null. */
export interface WorkerOptions extends ClientOptions {
  connectActivitySid?: string | null | undefined;
  disconnectActivitySid?: string | null | undefined;
  closeExistingSessions?: boolean | string | null | undefined;
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

export class WorkerClient extends Client<WorkerResource, WorkerEvents> {
  readonly workerSid: string;
  readonly connectActivitySid: string | undefined;
  readonly disconnectActivitySid: string | undefined;
  readonly closeExistingSessions: boolean;
  /** The activities of the workspace. */
  readonly activities: ListResource<Activity>;
  readonly statistics: StatisticsResource;

  /** Connects at once. Refuses a token that is absent, malformed or incomplete. @internal */
  constructor(options: WorkerOptions, surroundings: Surroundings) {
    super("WK", options, surroundings);
    const { bridge, session, inbox, resourceUrl } = this;
    this.workerSid = resourceUrl.slice(resourceUrl.lastIndexOf("/") + 1);
    this.connectActivitySid = options.connectActivitySid || undefined;
    this.disconnectActivitySid = options.disconnectActivitySid || undefined;
    this.closeExistingSessions = String(options.closeExistingSessions) === "true";
    this.activities = new ListResource(bridge, `${bridge.workspaceUrl}/Activities`, WHOLE);
    this.statistics = new StatisticsResource(bridge, `${resourceUrl}/Statistics`);
    if (this.disconnectActivitySid) this.environment.onLeave(() => this.#leave());
    const parts = { context: bridge, session, inbox, url: resourceUrl };
    this.start(new WorkerArrival(parts, this.connectActivitySid));
  }

  /** Move the worker to an activity. Deprecated: `update("ActivitySid", …)` does the same. */
  updateActivity(activitySid: string, callback?: Callback<WorkerResource>): void {
    needString(activitySid, "First argument");
    const adopting = this.adopting(callbackOf<WorkerResource>(callback, SECOND));
    this.post(this.resourceUrl, { ActivitySid: activitySid }, adopting);
  }

  /** The activities of the workspace. Deprecated: `activities.fetch` does the same. */
  fetchActivityList(callback?: Callback<ResourceList<Activity>>): void {
    this.activities.fetch(callback);
  }

  /** The worker's reservations with their tasks, all or those that `params` select. */
  fetchReservations(callback?: Callback<ResourceList<Reservation>>, params?: Params): void {
    const url = `${this.resourceUrl}/Reservations`;
    const query = isObject(params) ? params : undefined;
    this.bridge.fetch({ url, method: "GET", params: query }, callbackOf(callback));
  }

  /** The worker's channels. The token must allow reading his subresources. */
  fetchChannels(callback?: Callback<ResourceList<WorkerChannel>>): void {
    const url = `${this.resourceUrl}/Channels`;
    this.bridge.fetch({ url, method: "GET", params: WHOLE }, callbackOf(callback));
  }

  /** Change fields of a task. */
  updateTask(taskSid: string, params: Params, callback?: Callback<Task>): void {
    needString(taskSid, "First argument");
    needObject(params, SECOND);
    this.post(this.#taskUrl(taskSid), params, callbackOf<Task>(callback, "Third argument"));
  }

  /** Complete a task, with a reason if there is one to tell. */
  completeTask(taskSid: string, callback?: Callback<Task> | null, reason?: string | null): void {
    needString(taskSid, "First argument");
    const answered = callbackOf<Task>(callback, SECOND);
    this.post(this.#taskUrl(taskSid), completion(reason), answered);
  }

  /** Whether reservation events carry what the frame tells, without asking the server. */
  setSkipFetchReservation(skip: boolean): void {
    this.inbox.skipsFetch = skip;
  }

  /** @internal */
  protected override socketUrl({ channelUrl }: Addresses, token: string): string {
    const { closeExistingSessions, disconnectActivitySid } = this;
    const after = this.inbox.cursor;
    return socketUrlOf(channelUrl, { token, closeExistingSessions, disconnectActivitySid, after });
  }

  /** The page goes away. A session that a newer one ended has no say in the worker's activity. */
  #leave(): void {
    const params = { ActivitySid: this.disconnectActivitySid };
    const command = { url: this.resourceUrl, method: "POST", params } as const;
    if (!this.session.isOver) this.bridge.beacon(command);
  }

  #taskUrl(taskSid: string): string {
    return `${this.bridge.workspaceUrl}/Tasks/${taskSid}`;
  }
}

const SECOND = "Second argument";
