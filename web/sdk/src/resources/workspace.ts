/** What lies around workers and tasks: the workspace and its plain resources. */

import type { Context } from "../bridge.js";
import type { JsonObject, Payload } from "../fields.js";
import { ListResource } from "./list_resource.js";
import { Resource } from "./resource.js";
import { type Figures, withFigures } from "./statistics.js";
import type { Task } from "./task.js";
import type { WorkerResource } from "./worker.js";

/** As many as the server puts on one page. */
export const WHOLE = { PageSize: 1000 };

/** A list that tells figures of its items. */
export interface MeasuredList<Item> extends ListResource<Item>, Figures {}

/** The lists of a workspace. */
export interface WorkspaceLists {
  readonly activities: ListResource<Activity>;
  readonly workflows: ListResource<Workflow>;
  readonly taskqueues: MeasuredList<TaskQueueResource>;
  readonly workers: MeasuredList<WorkerResource>;
  readonly tasks: ListResource<Task>;
}

/** Put the workspace's lists on what has them, beside its fields. */
export function withLists(target: object, context: Context): void {
  for (const name of ["Activities", "Workflows", "TaskQueues", "Workers", "Tasks"]) {
    const url = `${context.workspaceUrl}/${name}`;
    const value = new ListResource(context, url, name === "Activities" ? WHOLE : undefined);
    if (name === "TaskQueues" || name === "Workers") withFigures(value, context, url);
    Object.defineProperty(target, name.toLowerCase(), { value });
  }
}

/** A resource that tells figures of itself. */
abstract class Measured<Self> extends Resource<Self> {
  /** @internal */
  constructor(context: Context, payload: Payload) {
    super(context, payload);
    withFigures(this, context, (this as Resource<Self>).resourceUrl);
  }
}

export interface WorkspaceResource extends Figures, WorkspaceLists {}

export class WorkspaceResource extends Measured<WorkspaceResource> {
  declare readonly friendlyName: string;
  declare readonly defaultActivitySid: string;
  declare readonly defaultActivityName: string;
  declare readonly timeoutActivitySid: string;
  declare readonly timeoutActivityName: string;
  declare readonly multiTaskEnabled: boolean;
  declare readonly prioritizeQueueOrder: string;

  /** @internal */
  constructor(context: Context, payload: Payload) {
    super(context, payload);
    withLists(this, context);
  }

  get resourceUrl(): string {
    return this.context.workspaceUrl;
  }
}

export class Activity extends Resource<Activity> {
  declare readonly friendlyName: string;
  /** Whether a worker in this activity is offered tasks. */
  declare readonly available: boolean;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/Activities/${this.sid}`;
  }
}

export interface Workflow extends Figures {}

export class Workflow extends Measured<Workflow> {
  declare readonly friendlyName: string;
  declare readonly configuration: JsonObject;
  declare readonly taskReservationTimeout: number;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/Workflows/${this.sid}`;
  }
}

export interface TaskQueueResource extends Figures {}

export class TaskQueueResource extends Measured<TaskQueueResource> {
  declare readonly friendlyName: string;
  declare readonly targetWorkers: string | null;
  declare readonly taskOrder: "FIFO" | "LIFO";
  declare readonly maxReservedWorkers: number;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/TaskQueues/${this.sid}`;
  }
}
