/** Entry of `taskrouter.mjs`, and the one place that says what is public. */

import { loadedFrom, TaskRouter, type TaskRouterNamespace } from "./taskrouter.js";

loadedFrom(import.meta.url);

declare global {
  /** Where a script tag puts the SDK; the ES module makes no global. */
  namespace Twilio {
    const TaskRouter: TaskRouterNamespace;
  }
}

export default TaskRouter;
export { TaskQueue, TaskRouter, version, Worker, Workspace } from "./taskrouter.js";
export { TaskRouterError } from "./errors.js";
export type { PageSettings } from "./address.js";
export type { Params } from "./bridge.js";
export type { Callback } from "./callback.js";
export type { ClientEvents, Disconnection, Failure, WorkerEvents } from "./events.js";
export type { JsonObject } from "./fields.js";
export type { ListResource } from "./resources/list_resource.js";
export type { ConferenceOptions, Reservation, ReservationStatus } from "./resources/reservation.js";
export type { ResourceList } from "./resources/resource_list.js";
export type { Figures, StatisticsResource } from "./resources/statistics.js";
export type { AssignmentStatus, Task } from "./resources/task.js";
export type { WorkerChannel, WorkerResource } from "./resources/worker.js";
export type {
  Activity,
  MeasuredList,
  TaskQueueResource,
  Workflow,
  WorkspaceLists,
  WorkspaceResource,
} from "./resources/workspace.js";
export type { TaskRouterNamespace } from "./taskrouter.js";
