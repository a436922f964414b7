/**
 * The life of the live channel: connect, notice silence, come back after a loss, stop when the
 * server says so, and know when the token ends.
 * The rule: a page is never left without a connection, except after a close code that is final.
 * It knows frames as text, and no resource.
 */

import type { Cancel, Environment, Socket } from "./environment.js";
import type { Disconnection } from "./events.js";
import { at } from "./timer.js";
import type { Token } from "./token.js";

/** The server sends at least a blank frame every 15 s. */
export const SILENCE_MS = 60_000;

/** `token.expired` is raised this long before the end. */
export const EXPIRY_LEAD_MS = 5_000;

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

const NORMAL = 1000;
const EVICTED = "closed by a newer session";
const TOKEN_EXPIRED = 4401;
const FINAL = new Set([4403, 4404]);

/** What the session tells its owner. */
export interface SessionListener {
  connected(): void;
  received(text: string): void;
  failed(message: string): void;
  disconnected(disconnection: Disconnection): void;
  tokenExpired(): void;
}

/** `expired` waits for a token, `stopped` and `over` for `reconnect`. */
type State = "new" | "connecting" | "open" | "waiting" | "expired" | "stopped" | "over";

export class Session {
  readonly #environment: Environment;
  readonly #socketUrl: (token: string) => string;
  readonly #listener: SessionListener;
  #state: State = "new";
  #token: Token;
  /** The token that opened the present socket. */
  #offered = "";
  #socket: Socket | undefined;
  /** Counts sockets, so that one that was given up is not listened to. */
  #connection = 0;
  /** Connections lost since the last one that proved good. */
  #losses = 0;
  #stopExpiry: Cancel = () => {};
  #stopSilence: Cancel = () => {};
  #stopWaiting: Cancel = () => {};
  #expiryTold = false;

  constructor(
    environment: Environment,
    token: Token,
    socketUrl: (token: string) => string,
    listener: SessionListener,
  ) {
    this.#environment = environment;
    this.#token = token;
    this.#socketUrl = socketUrl;
    this.#listener = listener;
  }

  /** The token that commands carry now. */
  get token(): string {
    return this.#token.text;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the server ended this session for good. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Which connection this is; it changes whenever one ends. */
  get connection(): number {
    return this.#connection;
  }

  start(): void {
    this.#watchExpiry();
    this.#environment.onNetwork((there) => this.#network(there));
    this.#connect();
  }

  /** Use this token from now on; connects at once if a token was all that was missing. */
  updateToken(token: Token): void {
    this.#token = token;
    if (this.#state === "over") return;
    this.#expiryTold = false;
    this.#watchExpiry();
    if (this.#state === "expired") this.#connect();
  }

  /** The connection proved good: the next loss starts the back-off anew. */
  settle(): void {
    this.#losses = 0;
  }

  /** Give this connection up, as after a loss. */
  giveUp(message: string): void {
    this.#lost(0, message);
  }

  /** Have no connection until `reconnect`; the page is told at once. */
  disconnect(): void {
    if (this.#state === "stopped") return;
    this.#drop();
    this.#state = "stopped";
    this.#tellLoss(0, "SDK Disconnect");
  }

  /** Connect at once, unless there is a connection, or one is being made. */
  reconnect(): void {
    if (this.#state === "open" || this.#state === "connecting") return;
    this.#watchExpiry();
    this.#connect();
  }

  #connect(): void {
    this.#stopWaiting();
    const connection = ++this.#connection;
    const present = (run: () => void): void => {
      if (connection === this.#connection) run();
    };
    this.#state = "connecting";
    this.#offered = this.#token.text;
    this.#watchSilence();
    this.#socket = this.#environment.connect(this.#socketUrl(this.#offered), {
      opened: () => present(() => this.#opened()),
      received: (text) => present(() => this.#received(text)),
      failed: () => present(() => this.#listener.failed("The live channel failed.")),
      closed: (code, reason) => present(() => this.#lost(code, reason)),
    });
  }

  /** Without a network a socket looks open for a long while; with one again nothing need be waited for. */
  #network(there: boolean): void {
    if (!there && this.isOpen) this.giveUp("The network is gone.");
    if (there && this.#state === "waiting") this.#connect();
  }

  #opened(): void {
    this.#state = "open";
    this.#watchSilence();
    this.#listener.connected();
  }

  #received(text: string): void {
    this.#watchSilence();
    if (text.trim()) this.#listener.received(text);
  }

  #lost(code: number, reason: string): void {
    this.#drop();
    this.#state = this.#stateAfter(code, reason);
    if (this.#state === "waiting") this.#reconnectLater();
    if (this.#state === "over") this.#stopExpiry();
    this.#tellLoss(code, reason || `The connection was lost (code ${code}).`);
    if (code === TOKEN_EXPIRED && this.#state === "expired") this.#tellExpiry();
  }

  /** Let go of the socket; what it says from now on is not heard. */
  #drop(): void {
    const socket = this.#socket;
    this.#connection++;
    this.#socket = undefined;
    this.#stopSilence();
    this.#stopWaiting();
    socket?.close();
  }

  #tellLoss(code: number, message: string): void {
    const reconnecting = this.#state === "waiting";
    this.#listener.disconnected({
      message,
      code,
      evicted: isEviction(code, message),
      reconnecting,
    });
  }

  /** A token that is newer than the socket's may open the next one at once. */
  #stateAfter(code: number, reason: string): State {
    if (FINAL.has(code) || isEviction(code, reason)) return "over";
    const spent = code === TOKEN_EXPIRED && this.#offered === this.#token.text;
    return spent ? "expired" : "waiting";
  }

  /** Full jitter: many clients that lost one server must not come back together. */
  #reconnectLater(): void {
    const ceiling_ms = Math.min(FIRST_DELAY_MS * 2 ** this.#losses++, LONGEST_DELAY_MS);
    const delay_ms = Math.round(this.#environment.random() * ceiling_ms);
    this.#stopWaiting = this.#environment.after(delay_ms, () => this.#connect());
  }

  #watchSilence(): void {
    this.#stopSilence();
    this.#stopSilence = this.#environment.after(SILENCE_MS, () =>
      this.giveUp(`The server was silent for ${SILENCE_MS / 1000} seconds.`),
    );
  }

  #watchExpiry(): void {
    this.#stopExpiry();
    const due = this.#token.expiresAt - EXPIRY_LEAD_MS;
    this.#stopExpiry = at(this.#environment, due, () => this.#tellExpiry());
  }

  #tellExpiry(): void {
    if (this.#expiryTold) return;
    this.#expiryTold = true;
    this.#listener.tokenExpired();
  }
}

function isEviction(code: number, reason: string): boolean {
  return code === NORMAL && reason === EVICTED;
}
