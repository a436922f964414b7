/**
 * The table of events: their names, and what their listeners get. A frame whose name is not in the
 * table is passed on all the same.
 */

import type { Reservation } from "./resources/reservation.js";
import type { Task } from "./resources/task.js";
import type { WorkerChannel, WorkerResource } from "./resources/worker.js";

/** How a connection ended. */
export interface Disconnection {
  readonly message: string;
  /** The WebSocket's close code; 0 when the SDK gave up a silent connection. */
  readonly code: number;
  /** Whether a newer session of this worker took over. */
  readonly evicted: boolean;
  /** Whether the SDK tries again by itself. */
  readonly reconnecting: boolean;
}

/** Something went wrong that no callback tells. */
export interface Failure {
  /** The HTTP status of the answer that failed; 0 when it was the WebSocket, or no answer came. */
  readonly response: number;
  readonly message: string;
}

/** Event → what its listeners get, whoever's channel it is. */
export interface ClientEvents<Own> {
  ready: [own: Own];
  connected: [];
  disconnected: [disconnection: Disconnection];
  error: [failure: Failure];
  "token.expired": [];
}

/** Event → what a worker's listeners get. */
export interface WorkerEvents extends ClientEvents<WorkerResource> {
  "activity.update": [worker: WorkerResource];
  "attributes.update": [worker: WorkerResource];
  "capacity.update": [channel: WorkerChannel];
  "channel.availability.update": [channel: WorkerChannel];
  "reservation.created": [reservation: Reservation];
  "reservation.accepted": [reservation: Reservation];
  "reservation.rejected": [reservation: Reservation];
  "reservation.timeout": [reservation: Reservation];
  "reservation.canceled": [reservation: Reservation];
  "reservation.rescinded": [reservation: Reservation];
  "reservation.wrapup": [reservation: Reservation];
  "reservation.completed": [reservation: Reservation];
  "task.updated": [task: Task];
  "task.canceled": [task: Task];
  "task.completed": [task: Task];
  "task.wrapup": [task: Task];
}

/** Tells the page. */
export type Raise = (event: string, ...values: unknown[]) => void;

/** The event that a frame is to the page: the server's own name, less a leading `worker.`. */
export function eventOf(name: string): string {
  return name.replace(/^worker\./, "");
}
