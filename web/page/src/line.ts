/**
 * What the page and its telephone say to each other. The telephone itself is a script of its own
 * (`softphone.ts`), which is loaded only where there is a phone.
 */

/** What a softphone registers with, as the server hands it out. */
export interface Credentials {
  readonly url: string;
  readonly uri: string;
  readonly username: string;
  readonly password: string;
}

/** How the phone is: not registered, free, called by somebody, or in a call. */
export type Phase = "away" | "ready" | "ringing" | "talking";

export interface State {
  readonly phase: Phase;
  /** Why it is away, as far as the registrar says. */
  readonly problem: string;
  /** Who calls, while there is a call. */
  readonly other: string;
  /** The reservation that the call is for, if it is for one. */
  readonly reservationSid: string;
  readonly muted: boolean;
  readonly held: boolean;
}

/** A registered telephone. What is pressed without a call does nothing. */
export interface Line {
  renew(credentials: Credentials): void;
  answer(): void;
  hangUp(): void;
  mute(on: boolean): void;
  hold(on: boolean): void;
  press(key: string): void;
  close(): void;
}

/** Who hears of the telephone. */
export interface Listener {
  changed(state: State): void;
  /** Something is wrong that the worker has to know. */
  trouble(text: string): void;
}

export type OpenLine = (credentials: Credentials, listener: Listener) => Line;
