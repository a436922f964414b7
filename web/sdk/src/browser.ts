/** The environment of a page. The only module that touches the browser's globals. */

import type {
  Answer,
  Cancel,
  Environment,
  PostRequest,
  Socket,
  SocketListener,
} from "./environment.js";

const CONTENT_TYPE = "text/plain;charset=UTF-8";

/** What we use of a window. */
export type Scope = Pick<
  typeof globalThis,
  | "AbortController"
  | "Blob"
  | "Date"
  | "Math"
  | "WebSocket"
  | "addEventListener"
  | "clearTimeout"
  | "console"
  | "fetch"
  | "navigator"
  | "reportError"
  | "setTimeout"
>;

export function browserEnvironment(scope: Scope = globalThis): Environment {
  return {
    now: () => scope.Date.now(),
    random: () => scope.Math.random(),
    after: (delay_ms, run) => {
      const timer = scope.setTimeout(run, delay_ms);
      return () => scope.clearTimeout(timer);
    },
    connect: (url, listener) => connect(scope, url, listener),
    post: (request, done) => post(scope, request, done),
    beacon: (url, body) => beacon(scope, url, body),
    onLeave: (run) => scope.addEventListener("pagehide", run),
    onNetwork: (run) => {
      scope.addEventListener("offline", () => run(false));
      scope.addEventListener("online", () => run(true));
    },
    log: (...values) => scope.console.log("[TaskRouter]", ...values),
    report: (error) => scope.reportError(error),
  };
}

function connect(scope: Scope, url: string, listener: SocketListener): Socket {
  const socket = new scope.WebSocket(url);
  socket.onopen = () => listener.opened();
  socket.onmessage = (event) => listener.received(String(event.data));
  socket.onerror = () => listener.failed();
  socket.onclose = (event) => listener.closed(event.code, event.reason);
  return socket;
}

function post(scope: Scope, request: PostRequest, done: (answer: Answer) => void): Cancel {
  const controller = new scope.AbortController();
  const { body, keepalive } = request;
  const headers = { "Content-Type": CONTENT_TYPE };
  const signal = controller.signal;
  scope
    .fetch(request.url, { method: "POST", body, headers, keepalive, signal, credentials: "omit" })
    .then(async (response) => ({ status: response.status, body: await response.text() }))
    .catch((error: unknown) => ({ status: 0, body: `The server was not reached: ${error}` }))
    .then((answer) => {
      if (!signal.aborted) done(answer);
    });
  return () => controller.abort();
}

/** Browsers without beacons, and beacons that are refused, get a request that may outlive us. */
function beacon(scope: Scope, url: string, body: string): void {
  const sent = scope.navigator.sendBeacon?.(url, new scope.Blob([body], { type: CONTENT_TYPE }));
  if (!sent) post(scope, { url, body, keepalive: true }, () => {});
}
