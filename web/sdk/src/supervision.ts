/**
 * The clients of a workspace and of a task queue: lists, figures and changes, for whoever looks after
 * them. Nothing that happens to tasks or workers is raised here.
 */

import { type Addresses, socketUrlOf } from "./address.js";
import { Arrival } from "./arrival.js";
import { Client, type ClientOptions, type Surroundings } from "./client.js";
import type { ClientEvents } from "./events.js";
import type { Resource } from "./resources/resource.js";
import { type Figures, withFigures } from "./resources/statistics.js";
import {
  type TaskQueueResource,
  withLists,
  type WorkspaceLists,
  type WorkspaceResource,
} from "./resources/workspace.js";
import type { Kind } from "./token.js";

abstract class Supervision<Own extends Resource<Own>> extends Client<Own, ClientEvents<Own>> {
  /** @internal */
  constructor(kind: Kind, options: ClientOptions, surroundings: Surroundings) {
    super(kind, options, surroundings);
    const { bridge, session, inbox, resourceUrl } = this;
    withFigures(this, bridge, resourceUrl);
    this.start(new Arrival({ context: bridge, session, inbox, url: resourceUrl }));
  }

  /** @internal */
  protected override socketUrl({ channelUrl }: Addresses, token: string): string {
    return socketUrlOf(channelUrl, { token, closeExistingSessions: false });
  }
}

/** The workspace's lists and figures; its fields are absent until `ready`. */
export interface WorkspaceClient
  extends
    Partial<Pick<WorkspaceResource, "sid" | "accountSid" | "friendlyName">>,
    Figures,
    WorkspaceLists {}

export class WorkspaceClient extends Supervision<WorkspaceResource> {
  /** Connects at once. Refuses a token that is absent, malformed or incomplete. @internal */
  constructor(options: ClientOptions, surroundings: Surroundings) {
    super("WS", options, surroundings);
    withLists(this, this.bridge);
  }
}

/** The task queue's figures; its fields are absent until `ready`. */
export interface TaskQueueClient
  extends
    Partial<Pick<TaskQueueResource, "sid" | "accountSid" | "workspaceSid" | "friendlyName">>,
    Figures {}

export class TaskQueueClient extends Supervision<TaskQueueResource> {
  /** Connects at once. Refuses a token that is absent, malformed or incomplete. @internal */
  constructor(options: ClientOptions, surroundings: Surroundings) {
    super("WQ", options, surroundings);
  }
}
