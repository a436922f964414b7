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
