/** A page of a list, as the server gave it: iterable, with the way to its neighbours. */

import type { Context } from "../bridge.js";
import { type Callback, callbackOf, refuse, Settling } from "../callback.js";
import { TaskRouterError } from "../errors.js";
import type { Payload } from "../fields.js";

export class ResourceList<Item> extends Settling implements Iterable<Item> {
  readonly data: Item[];
  /** Counted from 0. */
  readonly page: number;
  readonly pageSize: number;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  readonly #context: Context;
  readonly #meta: Payload;

  /** @internal */
  constructor(context: Context, meta: Payload, data: Item[]) {
    super();
    this.#context = context;
    this.#meta = meta;
    this.data = data;
    this.page = Number(meta["page"] ?? 0);
    this.pageSize = Number(meta["page_size"] ?? data.length);
    this.hasNext = Boolean(meta["next_page_url"]);
    this.hasPrevious = Boolean(meta["previous_page_url"]);
  }

  get length(): number {
    return this.data.length;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.data[Symbol.iterator]();
  }

  /** Get the next page; an error if this is the last. */
  next(callback?: Callback<this>): void {
    this.#turn("next_page_url", "This is the last page.", callbackOf<this>(callback));
  }

  /** Get the page before this; an error if this is the first. */
  previous(callback?: Callback<this>): void {
    this.#turn("previous_page_url", "This is the first page.", callbackOf<this>(callback));
  }

  /** @internal */
  override settle(callback: Callback<unknown>): void {
    callback(null, this);
  }

  #turn(key: string, refusal: string, callback: Callback<this>): void {
    const url = this.#meta[key];
    if (typeof url === "string" && url) this.#context.fetch({ url, method: "GET" }, callback);
    else refuse(callback, new TaskRouterError(0, refusal));
  }
}
