/** A task. */

import { type Callback, callbackOf } from "../callback.js";
import type { JsonObject } from "../fields.js";
import { Resource } from "./resource.js";
import type { TaskQueueResource, Workflow, WorkspaceResource } from "./workspace.js";

export type AssignmentStatus =
  "pending" | "reserved" | "assigned" | "wrapping" | "completed" | "canceled";

export class Task extends Resource<Task> {
  declare readonly assignmentStatus: AssignmentStatus;
  declare readonly attributes: JsonObject;
  declare readonly addons: JsonObject;
  /** Seconds since the task was created. */
  declare readonly age: number;
  declare readonly priority: number;
  declare readonly reason: string | null;
  /** Seconds the task may wait. */
  declare readonly timeout: number;
  declare readonly taskChannelSid: string;
  declare readonly taskChannelUniqueName: string;
  declare readonly taskQueueSid: string | null;
  declare readonly taskQueueFriendlyName: string | null;
  declare readonly taskQueue: TaskQueueResource;
  declare readonly workflowSid: string | null;
  declare readonly workflowFriendlyName: string | null;
  declare readonly workflow: Workflow;
  declare readonly routingTarget: string | null;
  declare readonly virtualStartTime: string | null;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/Tasks/${this.sid}`;
  }

  /** Complete the task, with a reason if there is one to tell. */
  complete(callback?: Callback<Task> | null, reason?: string): void {
    const params = completion(reason);
    const command = { url: this.resourceUrl, method: "POST", params } as const;
    this.context.fetch(command, callbackOf<Task>(callback));
  }
}

/** The parameters that complete a task. */
export function completion(reason: string | null | undefined): Record<string, string> {
  const status = { AssignmentStatus: "completed" };
  return reason === undefined || reason === null ? status : { ...status, Reason: reason };
}
