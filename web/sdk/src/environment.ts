/**
 * Everything the SDK asks of the outside: clock, timers, chance, sockets, requests, the page.
 * The rule: nothing but an implementation of this interface touches a global.
 */

/** Takes back what was asked for; calling it late or twice does nothing. */
export type Cancel = () => void;

/** What a live channel tells; after `closed` it tells nothing more. */
export interface SocketListener {
  opened(): void;
  received(text: string): void;
  failed(): void;
  closed(code: number, reason: string): void;
}

export interface Socket {
  close(): void;
}

export interface PostRequest {
  readonly url: string;
  readonly body: string;
  /** Whether the request should survive the page. */
  readonly keepalive: boolean;
}

/** Status 0: the server did not answer, and the body is a sentence that says so. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Environment {
  /** Epoch milliseconds. */
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Run once after `delay_ms`, which is below 2³¹. */
  after(delay_ms: number, run: () => void): Cancel;
  connect(url: string, listener: SocketListener): Socket;
  /** Send; `done` is called at most once, and not after the cancel. */
  post(request: PostRequest, done: (answer: Answer) => void): Cancel;
  /** Send while the page goes away; nobody reads the answer. */
  beacon(url: string, body: string): void;
  /** Run when the page goes away. */
  onLeave(run: () => void): void;
  /** Run when the machine loses its network (`false`) or has one again (`true`). */
  onNetwork(run: (there: boolean) => void): void;
  log(...values: unknown[]): void;
  /** Make an error of the page's own code known without stopping ours. */
  report(error: unknown): void;
}
