/**
 * What the page asks of the server besides the SDK: who works here, credentials for one of them, and
 * tasks, by public REST. Every failure is a `TaskRouterError` with a sentence.
 */

import { TaskRouterError } from "@pointsman/taskrouter-sdk";
import type { Credentials } from "./line.js";

const SESSIONS = "/pointsman/v1/Demo/Sessions";
const KEY = "pointsman-demo-key";

export interface Person {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
}

/** What one needs to be a worker for an hour. */
export interface Session {
  readonly worker: string;
  readonly worker_sid: string;
  readonly workspace_sid: string;
  readonly workflow_sid: string;
  /** Seconds an offer stands: the workflow's, for a reservation does not tell its own. */
  readonly reservation_timeout: number;
  readonly token: string;
  readonly customer_token: string;
  /** Whether workers of this server can have a phone in their page. */
  readonly softphone: boolean;
}

/** A task somebody brings in. */
export interface Order {
  readonly language: string;
  readonly level: number;
  readonly channel: string;
  readonly caller: string;
  readonly about: string;
}

export class Demo {
  #ahead_ms = 0;

  /** The demo's key, where it has one; kept until the window is closed. */
  get key(): string {
    return sessionStorage.getItem(KEY) ?? "";
  }

  set key(key: string) {
    sessionStorage.setItem(KEY, key);
  }

  /** The server's time, epoch ms, as near as its answers tell: to the second. */
  now(): number {
    return Date.now() + this.#ahead_ms;
  }

  async people(): Promise<Person[]> {
    const { workers } = (await this.#ask(SESSIONS, { headers: this.#headers() })) as {
      workers: { friendly_name: string; attributes: string }[];
    };
    return workers.map(({ friendly_name, attributes }) => ({
      name: friendly_name,
      attributes: JSON.parse(attributes) as Record<string, unknown>,
    }));
  }

  async session(worker: string): Promise<Session> {
    const headers = { ...this.#headers(), "Content-Type": "application/json" };
    const body = JSON.stringify({ worker });
    return (await this.#ask(SESSIONS, { method: "POST", headers, body })) as Session;
  }

  /** The activity of somebody who is not there, if the workspace has one. */
  async offlineSid(session: Session): Promise<string | undefined> {
    const headers = { Authorization: `Bearer ${session.token}` };
    const url = `/v1/Workspaces/${session.workspace_sid}/Activities?Available=false`;
    const { activities } = (await this.#ask(url, { headers })) as {
      activities: { sid: string; friendly_name: string }[];
    };
    return activities.find((each) => each.friendly_name === "Offline")?.sid;
  }

  /** What the worker's phone registers with. */
  async softphone(session: Session): Promise<Credentials> {
    const headers = { Authorization: `Bearer ${session.token}` };
    const { workspace_sid, worker_sid } = session;
    const url = `/pointsman/v1/Workspaces/${workspace_sid}/Workers/${worker_sid}/Softphone`;
    return (await this.#ask(url, { headers })) as Credentials;
  }

  /** Create a task with the customer's token, which can do nothing else. */
  async createTask(session: Session, order: Order): Promise<void> {
    const { channel, ...attributes } = order;
    const body = new URLSearchParams({
      WorkflowSid: session.workflow_sid,
      TaskChannel: channel,
      Attributes: JSON.stringify(attributes),
    });
    const headers = { Authorization: `Bearer ${session.customer_token}` };
    const url = `/v1/Workspaces/${session.workspace_sid}/Tasks`;
    await this.#ask(url, { method: "POST", headers, body });
  }

  #headers(): Record<string, string> {
    return this.key ? { "X-Pointsman-Demo-Key": this.key } : {};
  }

  async #ask(url: string, request: RequestInit): Promise<unknown> {
    const response = await fetch(url, { ...request, cache: "no-store" }).catch(() => {
      throw new TaskRouterError(0, "The server cannot be reached");
    });
    this.#compareClocks(response.headers.get("Date"));
    const body = (await response.json().catch(() => ({}))) as { message?: string };
    if (response.ok) return body;
    const told = body.message ?? `The server answered with status ${response.status}`;
    throw new TaskRouterError(response.status, told);
  }

  /** A Date header is cut to the second: only a difference of more than that means anything. */
  #compareClocks(date: string | null): void {
    const ahead_ms = date ? Date.parse(date) + 500 - Date.now() : 0;
    this.#ahead_ms = Math.abs(ahead_ms) > 1_500 ? ahead_ms : 0;
  }
}
