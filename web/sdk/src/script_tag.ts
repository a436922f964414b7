/** How the script build makes itself known: the global `Twilio.TaskRouter`, and AMD. */

import { regionsOf } from "./address.js";
import { loadedFrom, TaskRouter, type TaskRouterNamespace } from "./taskrouter.js";

/** The parts of a window that a script build meets. */
export interface Surroundings {
  Twilio?: { TaskRouter?: Partial<TaskRouterNamespace> };
  define?: { (dependencies: string[], factory: () => unknown): void; amd?: unknown };
}

/** The script tag, as `document.currentScript` shows it while it runs. */
export type ScriptTag = Pick<HTMLScriptElement, "src" | "dataset"> | null | undefined;

/** Extend an existing `Twilio`, keep what the page has set there, and read the tag's regions. */
export function install(surroundings: Surroundings, tag: ScriptTag): void {
  const twilio = (surroundings.Twilio ??= {});
  const { version, Worker, Workspace, TaskQueue } = TaskRouter;
  const ours = { version, Worker, Workspace, TaskQueue };
  twilio.TaskRouter = Object.assign(TaskRouter, twilio.TaskRouter, ours);
  loadedFrom(tag?.src);
  if (surroundings.define?.amd) surroundings.define([], () => TaskRouter);
  TaskRouter.regions = { ...regionsOf(tag?.dataset["regions"]), ...TaskRouter.regions };
}
