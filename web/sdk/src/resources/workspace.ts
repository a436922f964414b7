/** What lies around workers and tasks: the workspace and its plain resources. */

import type { JsonObject } from "../fields.js";
import { Resource } from "./resource.js";

export class WorkspaceResource extends Resource<WorkspaceResource> {
  declare readonly friendlyName: string;

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

export class Workflow extends Resource<Workflow> {
  declare readonly friendlyName: string;
  declare readonly configuration: JsonObject;
  declare readonly taskReservationTimeout: number;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/Workflows/${this.sid}`;
  }
}

export class TaskQueueResource extends Resource<TaskQueueResource> {
  declare readonly friendlyName: string;
  declare readonly targetWorkers: string | null;
  declare readonly taskOrder: "FIFO" | "LIFO";
  declare readonly maxReservedWorkers: number;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/TaskQueues/${this.sid}`;
  }
}
