/**
 * A reservation, with its task, and what a worker can answer to it.
 * The rule: whoever gets a reservation finds the task on it, as it was when last asked.
 */

import type { Params } from "../bridge.js";
import { type Callback, callbackOf, forEach, needString, refuse } from "../callback.js";
import {
  type Flag,
  type Instruction,
  type Optional,
  readCall,
  readConference,
  readDequeue,
  readRedirect,
} from "./instruction.js";
import { Resource } from "./resource.js";
import { ResourceList } from "./resource_list.js";
import type { Task } from "./task.js";
import type { WorkerResource } from "./worker.js";
import type { WorkspaceResource } from "./workspace.js";

/** As many requests at a time as browsers send to one server. */
export const WIDTH = 6;

export type ReservationStatus =
  | "pending"
  | "accepted"
  | "rejected"
  | "timeout"
  | "canceled"
  | "rescinded"
  | "wrapping"
  | "completed";

export class Reservation extends Resource<Reservation> {
  declare readonly reservationStatus: ReservationStatus;
  declare readonly taskSid: string;
  declare readonly workerSid: string;
  declare readonly workerName: string;
  declare readonly task: Task;
  declare readonly worker: WorkerResource;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.taskUrl}/Reservations/${this.sid}`;
  }

  /** Where the reservation's task lives. @internal */
  get taskUrl(): string {
    return `${this.context.workspaceUrl}/Tasks/${this.taskSid}`;
  }

  /** Accept the reservation. No telephony happens. */
  accept(callback?: Callback<Reservation>): void {
    this.#answer({ ReservationStatus: "accepted" }, callbackOf(callback));
  }

  /** Reject the reservation, and move the worker to an activity if one is named. */
  reject(callback?: Callback<Reservation>): void;
  reject(activitySid: Optional, callback?: Callback<Reservation>): void;
  reject(first?: unknown, second?: unknown): void {
    const params: Params = { ReservationStatus: "rejected" };
    if (first === undefined || first === null || typeof first === "function") {
      return this.#answer(params, callbackOf(first ?? second));
    }
    needString(first, "First argument");
    this.#answer({ ...params, WorkerActivitySid: first }, callbackOf(second, "Second argument"));
  }

  /** Put the worker and the caller into a conference; `options` win over the arguments. */
  conference(
    from?: Optional | ConferenceOptions | Callback<Reservation>,
    postWorkActivitySid?: Optional | ConferenceOptions | Callback<Reservation>,
    timeout?: Optional | number | ConferenceOptions | Callback<Reservation>,
    to?: Optional | ConferenceOptions | Callback<Reservation>,
    callback?: Callback<Reservation> | ConferenceOptions | null,
    options?: ConferenceOptions,
  ): void;
  conference(...values: unknown[]): void {
    this.#instruct(readConference(values));
  }

  /** Take the caller out of the queue and connect him with the worker. */
  dequeue(
    from?: Optional | Callback<Reservation>,
    postWorkActivitySid?: Optional | Callback<Reservation>,
    record?: Flag | Callback<Reservation>,
    timeout?: Optional | number | Callback<Reservation>,
    statusCallbackUrl?: Optional | Callback<Reservation>,
    statusCallbackEvents?: Optional | Callback<Reservation>,
    to?: Optional | Callback<Reservation>,
    callback?: Callback<Reservation>,
  ): void;
  dequeue(...values: unknown[]): void {
    this.#instruct(readDequeue(values));
  }

  /** Call the worker, and let `url` say what he hears. */
  call(
    from: string,
    url: string,
    statusCallbackUrl?: Optional | Callback<Reservation>,
    accept?: Flag | Callback<Reservation>,
    record?: Flag | Callback<Reservation>,
    to?: Optional | Callback<Reservation>,
    callback?: Callback<Reservation>,
  ): void;
  call(...values: unknown[]): void {
    this.#instruct(readCall(values));
  }

  /** Send an active call to other instructions. */
  redirect(
    callSid: string,
    url: string,
    accept?: Flag | Callback<Reservation>,
    callback?: Callback<Reservation>,
  ): void;
  redirect(...values: unknown[]): void {
    this.#instruct(readRedirect(values));
  }

  /** Fetch the task, then call back; a task that cannot be had stays as it was. @internal */
  override settle(callback: Callback<unknown>): void {
    const command = { url: this.taskUrl, method: "GET" } as const;
    this.context.request<Task>(command, (error, task) => {
      if (!error) this.attach(task);
      callback(null, this);
    });
  }

  /** Put a task on the reservation, in place of its companion. @internal */
  attach(task: Task): this {
    const property = { value: task, configurable: true, enumerable: true, writable: true };
    return Object.defineProperty(this, "task", property);
  }

  #instruct({ params, callback }: Instruction<Reservation>): void {
    this.#answer(params, callback);
  }

  /** Send the answer. If the task cannot be fetched afterwards, the one known here stays. */
  #answer(params: Params, callback: Callback<Reservation>): void {
    const command = { url: this.resourceUrl, method: "POST", params } as const;
    this.context.request<Reservation>(command, (error, reservation) => {
      if (error) return refuse(callback, error);
      const answered = reservation instanceof Reservation ? reservation : this;
      answered.attach(this.task).settle(callback as Callback<unknown>);
    });
  }
}

/** Options of a conference, by the names of the REST API. */
export type ConferenceOptions = Params;

/** A page of reservations: each fetches its task before the page sees it. */
export class ReservationList extends ResourceList<Reservation> {
  override settle(callback: Callback<unknown>): void {
    const settle = (each: Reservation, done: () => void): void => each.settle(() => done());
    forEach(this.data, WIDTH, settle, () => callback(null, this));
  }
}
