/** What a callback gets as its first argument when a request did not succeed. */

import type { Answer } from "./environment.js";

export class TaskRouterError extends Error {
  override readonly name: string = "TaskRouterError";
  /** The HTTP status; 0 when there was no answer. */
  readonly code: number;
  /** The same as `code`. */
  readonly status: number;
  /** The server's own code, such as 20404. */
  readonly twilioCode: number | null;
  /** Where the server's code is explained. */
  readonly moreInfo: string | null;

  constructor(status: number, message: string, twilioCode?: unknown, moreInfo?: unknown) {
    super(message);
    this.code = status;
    this.status = status;
    this.twilioCode = typeof twilioCode === "number" ? twilioCode : null;
    this.moreInfo = typeof moreInfo === "string" ? moreInfo : null;
  }
}

/** The error that an answer is; `body` is the answer's JSON, or undefined if it was none. */
export function errorOf(answer: Answer, body: unknown): TaskRouterError {
  if (answer.status === 0) return new TaskRouterError(0, answer.body);
  const said = (body ?? {}) as { message?: unknown; code?: unknown; more_info?: unknown };
  const message =
    typeof said.message === "string" && said.message
      ? said.message
      : `The server answered with status ${answer.status} and no sentence.`;
  return new TaskRouterError(answer.status, message, said.code, said.more_info);
}
