/** A worker and his channels, as the server says they are. */

import type { JsonObject } from "../fields.js";
import { Resource } from "./resource.js";
import { StatisticsResource } from "./statistics.js";
import type { Activity, WorkspaceResource } from "./workspace.js";

export class WorkerResource extends Resource<WorkerResource> {
  declare readonly friendlyName: string;
  declare readonly attributes: JsonObject;
  declare readonly activitySid: string;
  declare readonly activityName: string;
  /** Whether the worker's activity lets him be offered tasks. */
  declare readonly available: boolean;
  declare readonly dateStatusChanged: Date;
  declare readonly activity: Activity;
  declare readonly workspace: WorkspaceResource;
  #statistics: StatisticsResource | undefined;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/Workers/${this.sid}`;
  }

  get statistics(): StatisticsResource {
    return (this.#statistics ??= new StatisticsResource(
      this.context,
      `${this.resourceUrl}/Statistics`,
    ));
  }
}

export class WorkerChannel extends Resource<WorkerChannel> {
  declare readonly workerSid: string;
  declare readonly taskChannelSid: string;
  declare readonly taskChannelUniqueName: string;
  declare readonly configuredCapacity: number;
  declare readonly assignedTasks: number;
  declare readonly available: boolean;
  declare readonly availableCapacityPercentage: number;
  declare readonly worker: WorkerResource;
  declare readonly workspace: WorkspaceResource;

  get resourceUrl(): string {
    return `${this.context.workspaceUrl}/Workers/${this.workerSid}/Channels/${this.sid}`;
  }
}
