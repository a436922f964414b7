/** Statistics: a list resource of which only `fetch` makes sense. */

import type { Context, Params } from "../bridge.js";
import { type Callback, callbackOf, isObject } from "../callback.js";
import type { JsonObject } from "../fields.js";

export class StatisticsResource {
  readonly resourceUrl: string;
  readonly #context: Context;

  /** @internal */
  constructor(context: Context, resourceUrl: string) {
    this.resourceUrl = resourceUrl;
    this.#context = context;
  }

  /** Get the figures, for `Minutes`, `StartDate` and other parameters if given. */
  fetch(callback?: Callback<JsonObject>): void;
  fetch(params: Params, callback?: Callback<JsonObject>): void;
  fetch(first?: unknown, second?: unknown): void {
    const params = isObject(first) ? first : undefined;
    const callback = params ? callbackOf<JsonObject>(second, "Second argument") : undefined;
    const command = { url: this.resourceUrl, method: "GET", params } as const;
    this.#context.fetch(command, callback ?? callbackOf<JsonObject>(first ?? second));
  }
}

/** What a workspace, a workflow, a task queue and the lists of queues and of workers tell of themselves. */
export interface Figures {
  /** How things stand, and what was, in a window. */
  readonly statistics: StatisticsResource;
  /** How things stand. */
  readonly realtimeStats: StatisticsResource;
  /** What was, in a window. */
  readonly cumulativeStats: StatisticsResource;
}

/** Put figures on what has them, beside its fields. */
export function withFigures(target: object, context: Context, url: string): void {
  const at = (name: string) => ({
    value: new StatisticsResource(context, `${url}/${name}Statistics`),
  });
  Object.defineProperties(target, {
    statistics: at(""),
    realtimeStats: at("RealTime"),
    cumulativeStats: at("Cumulative"),
  });
}
