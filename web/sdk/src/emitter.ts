/**
 * An event emitter that behaves as Node's does: listeners run in order, on a snapshot of the list,
 * with the emitter as `this`. It knows no event by name.
 *
 * Differs from Twilio (Worker.event error): `error` without a listener does not throw; `emit` answers `false`.
 */

/** Event name → the arguments its listeners get. */
export type EventMap<Events> = { [Name in keyof Events]: unknown[] };

type Listener<Arguments extends unknown[]> = (...values: Arguments) => void;

/** A listener of any event: which arguments it gets is checked where it comes in. */
type AnyListener = (...values: any[]) => void;

interface Entry {
  /** What runs. */
  readonly run: AnyListener;
  /** What the page handed in, by which `removeListener` finds it. */
  readonly listener: AnyListener;
}

export class Emitter<Events extends EventMap<Events>> {
  readonly #entries = new Map<keyof Events, Entry[]>();

  /** Call `listener` each time `event` is raised. Refuses what is not a function. */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    return this.#add(event, { run: listener, listener });
  }

  /** The same as `on`. */
  addListener<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    return this.on(event, listener);
  }

  /** Call `listener` the next time `event` is raised, and then no more. */
  once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    const entry: Entry = {
      run: (...values: Events[Name]) => {
        this.#drop(event, entry);
        listener.apply(this, values);
      },
      listener,
    };
    return this.#add(event, entry);
  }

  /** Take away the newest registration of `listener`; one that is not there is no mistake. */
  removeListener<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    const entry = this.#entries.get(event)?.findLast((each) => each.listener === listener);
    if (entry) this.#drop(event, entry);
    return this;
  }

  /** The same as `removeListener`. */
  off<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    return this.removeListener(event, listener);
  }

  /** Take away every listener of `event`, or of all events. */
  removeAllListeners(event?: keyof Events): this {
    if (event === undefined) this.#entries.clear();
    else this.#entries.delete(event);
    return this;
  }

  /** Run the listeners of `event`; answers whether there was one. What a listener throws passes. */
  emit<Name extends keyof Events>(event: Name, ...values: Events[Name]): boolean {
    const entries = this.#entries.get(event) ?? [];
    for (const entry of [...entries]) entry.run.apply(this, values);
    return entries.length > 0;
  }

  /** The listeners of `event`, as they were handed in. */
  listeners<Name extends keyof Events>(event: Name): Listener<Events[Name]>[] {
    return (this.#entries.get(event) ?? []).map((entry) => entry.listener);
  }

  /** How many listeners `event` has. */
  listenerCount(event: keyof Events): number {
    return this.#entries.get(event)?.length ?? 0;
  }

  #add(event: keyof Events, entry: Entry): this {
    if (typeof entry.listener !== "function") {
      throw new TypeError("Listener needs to be a function");
    }
    this.#entries.set(event, [...(this.#entries.get(event) ?? []), entry]);
    return this;
  }

  #drop(event: keyof Events, entry: Entry): void {
    const kept = (this.#entries.get(event) ?? []).filter((each) => each !== entry);
    if (kept.length > 0) this.#entries.set(event, kept);
    else this.#entries.delete(event);
  }
}
