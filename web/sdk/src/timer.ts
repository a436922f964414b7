/**
 * Timers for instants. Browsers keep a delay in 31 bits and fire at once above that, so a long wait
 * is a chain of short ones; after each the clock is asked again.
 */

import type { Cancel, Environment } from "./environment.js";

/** The longest delay a browser keeps. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Run once at `due` (epoch ms), never before this call returns. */
export function at(environment: Environment, due: number, run: () => void): Cancel {
  let cancel: Cancel = () => {};
  const wait = (): void => {
    const left_ms = Math.min(Math.max(due - environment.now(), 0), LONGEST_DELAY_MS);
    cancel = environment.after(left_ms, () => (environment.now() >= due ? run() : wait()));
  };
  wait();
  return () => cancel();
}
