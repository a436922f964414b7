/** A list's address, and what can be done there: `fetch`, `create`, `update`, `delete`. */

import type { Context, Params } from "../bridge.js";
import { type Callback, callbackOf, isObject, needObject, needString } from "../callback.js";
import { readUpdate } from "./resource.js";
import type { ResourceList } from "./resource_list.js";

export class ListResource<Item> {
  readonly resourceUrl: string;
  readonly #context: Context;
  readonly #defaults: Params | undefined;

  /** `defaults` are the parameters of a list unless its fetch says otherwise. @internal */
  constructor(context: Context, resourceUrl: string, defaults?: Params) {
    this.resourceUrl = resourceUrl;
    this.#context = context;
    this.#defaults = defaults;
  }

  /** Get the list, filtered by parameters, or one item by its SID. */
  fetch(callback?: Callback<ResourceList<Item>>): void;
  fetch(params: Params, callback?: Callback<ResourceList<Item>>): void;
  fetch(sid: string, callback?: Callback<Item>): void;
  fetch(first?: unknown, second?: unknown): void {
    if (typeof first === "string") {
      this.#context.fetch({ url: this.#at(first), method: "GET" }, callbackOf(second, SECOND));
    } else if (isObject(first)) {
      this.#list({ ...this.#defaults, ...first }, callbackOf(second, SECOND));
    } else {
      this.#list(this.#defaults, callbackOf(first ?? second));
    }
  }

  /** Create an item. */
  create(params: Params, callback?: Callback<Item>): void {
    needObject(params, "First argument");
    const command = { url: this.resourceUrl, method: "POST", params } as const;
    this.#context.fetch(command, callbackOf<Item>(callback, SECOND));
  }

  /** Change an item: `update(sid, name, value, callback)` or `update(sid, fields, callback)`. */
  update(sid: string, name: string, value: unknown, callback?: Callback<Item>): void;
  update(sid: string, fields: Params, callback?: Callback<Item>): void;
  update(sid: string, ...values: unknown[]): void {
    needString(sid, "First argument");
    const { params, callback } = readUpdate<Item>(values);
    this.#context.fetch({ url: this.#at(sid), method: "POST", params }, callback);
  }

  /** Delete an item; the result is null. */
  delete(sid: string, callback?: Callback<null>): void {
    needString(sid, "First argument");
    const command = { url: this.#at(sid), method: "DELETE" } as const;
    this.#context.fetch(command, callbackOf<null>(callback, SECOND));
  }

  #at(sid: string): string {
    return `${this.resourceUrl}/${sid}`;
  }

  #list(params: Params | undefined, callback: Callback<ResourceList<Item>>): void {
    this.#context.fetch({ url: this.resourceUrl, method: "GET", params }, callback);
  }
}

const SECOND = "Second argument";
