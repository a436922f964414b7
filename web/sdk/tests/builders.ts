/** What tests are made of: a token, a worker, tasks, reservations, a client in any stage. */

import { vi } from "vitest";
import type { PageSettings } from "../src/address.js";
import { Bridge, type Context } from "../src/bridge.js";
import type { WorkerEvents } from "../src/events.js";
import { mapPayload } from "../src/resources/mapping.js";
import { WorkerClient, type WorkerOptions } from "../src/worker.js";
import { arrivals, FakePage } from "./fake_page.js";

export const BASE = "https://router.example";
export const CHANNEL = `${BASE}/v1/wschannels/AC1/WK1`;
export const WORKSPACE = `${BASE}/v1/Workspaces/WS1`;
export const DATE = "2026-01-01T10:00:00Z";

/** An unsigned capability token; one hour long unless `claims` say otherwise. */
export function aToken(claims: Record<string, unknown> = {}): string {
  const payload = {
    account_sid: "AC1",
    channel: "WK1",
    workspace_sid: "WS1",
    worker_sid: "WK1",
    exp: Date.UTC(2026, 0, 1, 1) / 1000,
    ...claims,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  const text = btoa(String.fromCharCode(...bytes));
  return `head.${text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}.tail`;
}

export function aWorker(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sid: "WK1",
    account_sid: "AC1",
    workspace_sid: "WS1",
    friendly_name: "alice",
    attributes: '{"languages":["en"]}',
    activity_sid: "WA1",
    activity_name: "Available",
    available: true,
    date_created: DATE,
    date_updated: DATE,
    date_status_changed: DATE,
    url: `${WORKSPACE}/Workers/WK1`,
    links: {},
    ...fields,
  };
}

export function aTask(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sid: "WT1",
    workspace_sid: "WS1",
    assignment_status: "reserved",
    attributes: '{"selected_language":"es"}',
    addons: "{}",
    age: 300,
    priority: 1,
    workflow_sid: "WW1",
    task_queue_sid: "WQ1",
    date_created: DATE,
    ...fields,
  };
}

export function aReservation(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sid: "WR1",
    workspace_sid: "WS1",
    task_sid: "WT1",
    worker_sid: "WK1",
    reservation_status: "pending",
    date_created: DATE,
    ...fields,
  };
}

/** The task that a reservation's frame carries. */
export function aFrameTask(reservation_sid = "WR1", sid = "WT1"): Record<string, unknown> {
  const task = aTask({ sid, date_created: 1767261600, queue_sid: "WQ1", queue_name: "Spanish" });
  return { ...task, reservation_sid };
}

/** A page of a list, under the server's key for it. */
export function aList(
  key: string,
  items: unknown[],
  meta: Record<string, unknown> = {},
): Record<string, unknown> {
  const none = { next_page_url: null, previous_page_url: null };
  return { [key]: items, meta: { key, page: 0, page_size: 50, url: BASE, ...none, ...meta } };
}

/** A bridge on a fake page, for tests of resources. */
export function aBridge(): { page: FakePage; bridge: Bridge & Context } {
  const page = new FakePage();
  const addresses = {
    baseUrl: BASE,
    channelUrl: CHANNEL,
    workspaceUrl: WORKSPACE,
    resourceUrl: `${WORKSPACE}/Workers/WK1`,
  };
  return {
    page,
    bridge: new Bridge(
      page,
      addresses,
      () => "a.b.c",
      () => {},
      mapPayload,
    ),
  };
}

/** A client that has just been constructed. */
export function aClient(
  options: Partial<WorkerOptions> = {},
  settings: PageSettings = { regions: {} },
  page = new FakePage(),
): { page: FakePage; worker: WorkerClient } {
  const known = { token: aToken(), debug: false, ...options };
  const surroundings = { environment: page, settings, origin: BASE };
  return { page, worker: new WorkerClient(known, surroundings) };
}

/** A client whose channel is open, ready, and without a pending reservation. */
export async function aReadyClient(
  options: Partial<WorkerOptions> = {},
): Promise<{ page: FakePage; worker: WorkerClient }> {
  const { page, worker } = aClient(options);
  page.payloads.set("GET Workers/WK1", aWorker());
  page.payloads.set("GET Workers/WK1/Reservations", aList("reservations", []));
  page.socket.listener.opened();
  await arrivals();
  page.posts.length = 0;
  return { page, worker };
}

/** Note every time `event` is raised, with what its listeners got. */
export function heard<Name extends keyof WorkerEvents>(
  worker: WorkerClient,
  event: Name,
): WorkerEvents[Name][] {
  const calls: WorkerEvents[Name][] = [];
  worker.on(event, (...values) => calls.push(values));
  return calls;
}

/** A callback that remembers its calls. */
export const aCallback = () => vi.fn<(error: unknown, result: unknown) => void>();
