/**
 * What happens each time the live channel opens: the client's own resource is fetched and `ready`
 * raised; what follows is the client's own.
 * The rule: an answer that belongs to an earlier connection changes nothing.
 */

import type { Command, Context } from "./bridge.js";
import type { TaskRouterError } from "./errors.js";
import type { Inbox } from "./inbox.js";
import type { Session } from "./session.js";

const TOO_MANY = 429;

/** What an arrival works with. */
export interface Parts {
  context: Context;
  session: Session;
  inbox: Inbox;
  /** Where the client's own resource lives. */
  url: string;
}

export class Arrival {
  /** @internal */
  protected readonly parts: Parts;
  /** The connection that got as far as `ready`. */
  #readyOn = -1;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** The channel is open: fetch the resource, and with it all that follows. */
  begin(): void {
    const { context, session, inbox, url } = this.parts;
    const deliver = inbox.place();
    const connection = session.connection;
    context.fetch({ url, method: "GET", eventType: "ready" }, (error, own) => {
      const current = connection === session.connection;
      deliver(() => {
        if (!error && current) inbox.tell("ready", own);
      });
      if (!current) return;
      if (error) return this.#fail(error);
      this.#readyOn = connection;
      session.settle();
      this.follow();
    });
  }

  /**
   * Show the server the new token, so that the open channel lives as long as it does; if the old
   * one never led to `ready`, begin again.
   */
  presentToken(): void {
    const { session, url } = this.parts;
    if (!session.isOpen) return;
    if (this.#readyOn !== session.connection) return this.begin();
    this.ask({ url, method: "GET" }, () => {});
  }

  /** What comes after `ready`. @internal */
  protected follow(): void {}

  /** Ask on this connection; what fails is told. @internal */
  protected ask<Result>(command: Command, done: (result: Result) => void): void {
    const { context, session } = this.parts;
    const connection = session.connection;
    context.fetch<Result>(command, (error, result) => {
      if (connection !== session.connection) return;
      if (error) this.#fail(error);
      else done(result);
    });
  }

  /** Tell the page; after a fault that may pass, start over with a new connection. */
  #fail({ status, message }: TaskRouterError): void {
    this.parts.inbox.tell("error", { response: status, message });
    if (status === 0 || status === TOO_MANY || status >= 500) this.parts.session.giveUp(message);
  }
}
