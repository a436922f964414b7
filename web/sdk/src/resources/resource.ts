/**
 * What every resource is: its fields, its address, and `fetch`, `update`, `delete`.
 * The rule: a resource is what the server once said; asking again gives a new object.
 */

import type { Context, Params } from "../bridge.js";
import { type Callback, callbackOf, isObject, Settling } from "../callback.js";
import { type Payload, readFields } from "../fields.js";

/** SIDs of these kinds get a companion: `workerSid` → `worker`, fetched when asked. */
const COMPANIONS = /^W[SWQKAT]/;

export abstract class Resource<Self> extends Settling {
  declare readonly sid: string;
  declare readonly accountSid: string;
  declare readonly workspaceSid: string;
  declare readonly dateCreated: Date;
  declare readonly dateUpdated: Date;
  readonly #context: Context;

  /** @internal */
  constructor(context: Context, payload: Payload) {
    super();
    this.#context = context;
    Object.assign(this, readFields(payload));
    for (const [name, value] of Object.entries(this)) this.#accompany(name, value);
  }

  /** Where this resource lives. */
  abstract get resourceUrl(): string;

  /** Get the resource as it is now. */
  fetch(callback?: Callback<Self>): void {
    const command = { url: this.resourceUrl, method: "GET" } as const;
    this.#context.fetch(command, callbackOf<Self>(callback));
  }

  /** Change one field, or several: `update(name, value, callback)`, `update(fields, callback)`. */
  update(name: string, value: unknown, callback?: Callback<Self>): void;
  update(fields: Params, callback?: Callback<Self>): void;
  update(...values: unknown[]): void {
    const { params, callback } = readUpdate<Self>(values);
    this.#context.fetch({ url: this.resourceUrl, method: "POST", params }, callback);
  }

  /** Delete the resource; the result is null. */
  delete(callback?: Callback<null>): void {
    const command = { url: this.resourceUrl, method: "DELETE" } as const;
    this.#context.fetch(command, callbackOf<null>(callback));
  }

  /** @internal */
  override settle(callback: Callback<unknown>): void {
    callback(null, this);
  }

  /** What subclasses send their own commands with. @internal */
  protected get context(): Context {
    return this.#context;
  }

  /** A lazy companion, made when first read; not among the fields that a loop shows. */
  #accompany(name: string, value: unknown): void {
    const companion = name.slice(0, -"Sid".length);
    if (!name.endsWith("Sid") || typeof value !== "string" || !COMPANIONS.test(value)) return;
    let made: unknown;
    const get = (): unknown => (made ??= this.#context.map({ sid: value }));
    Object.defineProperty(this, companion, { get, configurable: true });
  }
}

/** The two forms of `update`. Objects among the values are sent as JSON text. Refuses others. */
export function readUpdate<Result>(values: readonly unknown[]): {
  params: Params;
  callback: Callback<Result>;
} {
  const [first, second, third] = values;
  if (isObject(first)) {
    const texts = Object.entries(first).map(([name, value]) => [name, textOf(value)]);
    return { params: Object.fromEntries(texts), callback: callbackOf(second, "Second argument") };
  }
  if (typeof first !== "string") {
    throw new TypeError("First argument needs to be a field's name or an object of fields");
  }
  if (second === undefined || typeof second === "function") {
    throw new TypeError("Second argument needs to be the field's value");
  }
  return { params: { [first]: textOf(second) }, callback: callbackOf(third, "Third argument") };
}

function textOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
