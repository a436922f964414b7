/**
 * Callbacks `(error, result)`: their type, the checks of arguments, and how to wait for several.
 * The rule: a callback that was accepted is called exactly once.
 */

import type { TaskRouterError } from "./errors.js";

/** Either an error, and then no result whatever the type says, or null and the result. */
export type Callback<Result> = (error: TaskRouterError | null, result: Result) => void;

/** Call back with an error and nothing else. */
export function refuse(callback: Callback<never>, error: TaskRouterError): void {
  (callback as Callback<null>)(error, null);
}

/** A result that has something to fetch before the page may see it. */
export abstract class Settling {
  /** Call back with this object once it is complete. @internal */
  abstract settle(callback: Callback<unknown>): void;
}

/** The callback itself, or one that does nothing. Refuses what is neither function nor absent. */
export function callbackOf<Result>(value: unknown, name = "Callback"): Callback<Result> {
  if (value === undefined || value === null) return () => {};
  if (typeof value !== "function") throw new TypeError(`${name} needs to be a function`);
  return value as Callback<Result>;
}

/** Refuses what is not a string with a sentence that names it. */
export function needString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${name} needs to be a string`);
}

/** Refuses what is not an object of named values. */
export function needObject(value: unknown, name: string): asserts value is object {
  if (!isObject(value)) throw new TypeError(`${name} needs to be an object`);
}

/** Whether `value` is an object of named values: no array, no function, not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A callback that lets the result complete itself before `callback` sees it. */
export function settled<Result>(callback: Callback<Result>): Callback<Result> {
  return (error, result) => {
    if (error) refuse(callback, error);
    else if (result instanceof Settling) result.settle(callback as Callback<unknown>);
    else callback(null, result);
  };
}

/** Do `work` for every item, at most `width` at a time; then call `finished`. */
export function forEach<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item, done: () => void) => void,
  finished: () => void,
): void {
  let next = 0;
  let left = items.length;
  const advance = (): void => {
    const item = items[next++];
    if (item !== undefined) work(item, () => (--left === 0 ? finished() : advance()));
  };
  if (left === 0) finished();
  else for (let each = Math.min(width, items.length); each > 0; each--) advance();
}
