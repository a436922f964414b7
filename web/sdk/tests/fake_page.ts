/** A page without a browser: a clock that stands still until told, sockets and a server by hand. */

import type {
  Answer,
  Cancel,
  Environment,
  PostRequest,
  Socket,
  SocketListener,
} from "../src/environment.js";

export interface Envelope {
  url: string;
  method: string;
  params?: Record<string, unknown>;
  token: string;
  event_type?: string;
  request_id?: string;
}

/** One request that the SDK made. */
export class FakePost {
  readonly envelope: Envelope;
  canceled = false;
  answered = false;
  readonly #done: (answer: Answer) => void;

  constructor(
    readonly request: PostRequest,
    done: (answer: Answer) => void,
  ) {
    this.envelope = JSON.parse(request.body) as Envelope;
    this.#done = done;
  }

  /** `POST Tasks/WT1`: the command without the part that is the same for all. */
  get command(): string {
    const path = this.envelope.url.replace(/^.*\/Workspaces\/WS1\/?/, "");
    return `${this.envelope.method} ${path}`;
  }

  succeed(payload: unknown): void {
    this.answer(200, JSON.stringify({ event_type: this.envelope.event_type ?? null, payload }));
  }

  refuse(status: number, code: number, message: string): void {
    const more_info = `https://www.twilio.com/docs/errors/${code}`;
    this.answer(status, JSON.stringify({ code, message, more_info, status }));
  }

  answer(status: number, body: string): void {
    this.answered = true;
    if (!this.canceled) this.#done({ status, body });
  }
}

/** One live channel. */
export class FakeSocket implements Socket {
  closed = false;

  constructor(
    readonly url: string,
    readonly listener: SocketListener,
  ) {}

  close(): void {
    this.closed = true;
  }

  send(event_type: string, payload: unknown, seq?: number): void {
    this.listener.received(JSON.stringify({ event_type, payload, seq }));
  }
}

export class FakePage implements Environment {
  time = Date.UTC(2026, 0, 1);
  chance = 0.5;
  readonly sockets: FakeSocket[] = [];
  readonly posts: FakePost[] = [];
  readonly beacons: { url: string; envelope: Envelope }[] = [];
  readonly logs: unknown[][] = [];
  readonly reports: unknown[] = [];
  /** Command → what the server answers at once; others wait for the test. */
  readonly payloads = new Map<string, unknown>();
  readonly #timers = new Map<number, { due: number; run: () => void }>();
  readonly #leaving: (() => void)[] = [];
  readonly #connected: ((there: boolean) => void)[] = [];
  #timerCount = 0;

  now = (): number => this.time;
  random = (): number => this.chance;
  log = (...values: unknown[]): number => this.logs.push(values);
  report = (error: unknown): number => this.reports.push(error);
  onLeave = (run: () => void): number => this.#leaving.push(run);
  onNetwork = (run: (there: boolean) => void): number => this.#connected.push(run);

  after(delay_ms: number, run: () => void): Cancel {
    const name = ++this.#timerCount;
    this.#timers.set(name, { due: this.time + delay_ms, run });
    return () => this.#timers.delete(name);
  }

  connect(url: string, listener: SocketListener): Socket {
    this.sockets.push(new FakeSocket(url, listener));
    return this.socket;
  }

  post(request: PostRequest, done: (answer: Answer) => void): Cancel {
    const post = new FakePost(request, done);
    this.posts.push(post);
    const payload = this.payloads.get(post.command);
    if (payload !== undefined) queueMicrotask(() => post.succeed(payload));
    return () => {
      post.canceled = true;
    };
  }

  beacon(url: string, body: string): void {
    this.beacons.push({ url, envelope: JSON.parse(body) as Envelope });
  }

  /** The page goes away. */
  leave(): void {
    for (const run of this.#leaving) run();
  }

  /** The machine loses its network, or has one again. */
  network(there: boolean): void {
    for (const run of this.#connected) run(there);
  }

  /** Let time pass; what falls due runs at its own instant, in order. */
  advance(duration_ms: number): void {
    const end = this.time + duration_ms;
    for (let next = this.#dueBy(end); next; next = this.#dueBy(end)) {
      this.time = Math.max(this.time, next[1].due);
      this.#timers.delete(next[0]);
      next[1].run();
    }
    this.time = end;
  }

  /** The delays still running, shortest first. */
  get waits(): number[] {
    return [...this.#timers.values()].map(({ due }) => due - this.time).sort((a, b) => a - b);
  }

  /** The newest live channel. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  /** The newest request, or the newest of a command. */
  request(command?: string): FakePost {
    const post = this.posts.findLast((each) => !command || each.command === command);
    if (!post) throw new Error(`no request ${command}: ${this.commands.join(", ")}`);
    return post;
  }

  /** Every command so far. */
  get commands(): string[] {
    return this.posts.map((post) => post.command);
  }

  #dueBy(end: number): [number, { due: number; run: () => void }] | undefined {
    const due = [...this.#timers].filter(([, timer]) => timer.due <= end);
    return due.sort((a, b) => a[1].due - b[1].due)[0];
  }
}

/** Let every answer that is under way arrive. */
export async function arrivals(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
