/** Which resource a payload is, told by its SID's prefix; lists are told by their `meta`. */

import type { Context } from "../bridge.js";
import { isObject } from "../callback.js";
import { type Payload, readFields } from "../fields.js";
import { Reservation, ReservationList } from "./reservation.js";
import { ResourceList } from "./resource_list.js";
import { Task } from "./task.js";
import { WorkerChannel, WorkerResource } from "./worker.js";
import { Activity, TaskQueueResource, Workflow, WorkspaceResource } from "./workspace.js";

const CLASSES: Record<string, new (context: Context, payload: Payload) => unknown> = {
  WS: WorkspaceResource,
  WA: Activity,
  WW: Workflow,
  WQ: TaskQueueResource,
  WK: WorkerResource,
  WC: WorkerChannel,
  WT: Task,
  WR: Reservation,
};

/** The resource or list a payload is; any other object becomes its fields, the rest stays. */
export function mapPayload(context: Context, payload: unknown): unknown {
  if (!isObject(payload)) return payload;
  if (isObject(payload["meta"])) return mapList(context, payload, payload["meta"]);
  const Class = CLASSES[String(payload["sid"]).slice(0, 2)];
  return Class ? new Class(context, payload) : readFields(payload);
}

function mapList(context: Context, payload: Payload, meta: Payload): ResourceList<unknown> {
  const key = String(meta["key"]);
  const items = Array.isArray(payload[key]) ? (payload[key] as unknown[]) : [];
  const data = items.map((item) => mapPayload(context, item));
  return key === "reservations"
    ? new ReservationList(context, meta, data as Reservation[])
    : new ResourceList(context, meta, data);
}
