/**
 * `Twilio.TaskRouter` as pages know it: the classes, and what a page may set.
 * The rule: the SDK finds its server where it was itself loaded from, unless the page says more.
 */

import { originOf, type PageSettings } from "./address.js";
import { browserEnvironment } from "./browser.js";
import type { Surroundings } from "./client.js";
import { TaskQueueClient, WorkspaceClient } from "./supervision.js";
import { WorkerClient } from "./worker.js";

declare const SDK_VERSION: string;

/** The version of this SDK. */
export const version: string = SDK_VERSION;

let origin: string | undefined;

/** Remember the address this code came from. @internal */
export function loadedFrom(url: string | undefined): void {
  origin = originOf(url);
}

/** Registers a worker: connects at once, with the rights that the token gives. */
export class Worker extends WorkerClient {
  constructor(
    token: string,
    debug?: boolean | string | null,
    connectActivitySid?: string | null,
    disconnectActivitySid?: string | null,
    closeExistingSessions?: boolean | string | null,
    region?: string | null,
    maxRetries?: number | null,
    apiBaseUrl?: string | null,
    eventBridgeBaseUrl?: string | null,
  ) {
    const activities = { connectActivitySid, disconnectActivitySid };
    const server = { region, maxRetries, apiBaseUrl, eventBridgeBaseUrl };
    const options = { token, debug, ...activities, closeExistingSessions, ...server };
    super(options, surroundings());
  }
}

/** Looks after a workspace: connects at once, with the rights that the token gives. */
export class Workspace extends WorkspaceClient {
  constructor(
    token: string,
    debug?: boolean | string | null,
    region?: string | null,
    maxRetries?: number | null,
    apiBaseUrl?: string | null,
    eventBridgeBaseUrl?: string | null,
  ) {
    super({ token, debug, region, maxRetries, apiBaseUrl, eventBridgeBaseUrl }, surroundings());
  }
}

/** Looks after a task queue: connects at once, with the rights that the token gives. */
export class TaskQueue extends TaskQueueClient {
  constructor(
    token: string,
    debug?: boolean | string | null,
    region?: string | null,
    maxRetries?: number | null,
    apiBaseUrl?: string | null,
    eventBridgeBaseUrl?: string | null,
  ) {
    super({ token, debug, region, maxRetries, apiBaseUrl, eventBridgeBaseUrl }, surroundings());
  }
}

function surroundings(): Surroundings {
  return { environment: browserEnvironment(), settings: TaskRouter, origin };
}

export interface TaskRouterNamespace extends PageSettings {
  readonly version: string;
  readonly Worker: typeof Worker;
  readonly Workspace: typeof Workspace;
  readonly TaskQueue: typeof TaskQueue;
}

export const TaskRouter: TaskRouterNamespace = {
  version,
  Worker,
  Workspace,
  TaskQueue,
  baseUrl: undefined,
  regions: {},
};
