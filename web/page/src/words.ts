/** What things are called on the page: tasks, people, durations. Nothing here touches an element. */

import type { Task } from "@pointsman/taskrouter-sdk";

const LANGUAGES = new Intl.DisplayNames("en", { type: "language", fallback: "code" });

/** A task as a worker would tell it. */
export interface Story {
  readonly title: string;
  readonly about: string;
}

/** Tasks of this page and of calls have these attributes; what any other task has is shown as it is. */
export function storyOf(task: Task): Story {
  const { language, level, caller, about } = task.attributes ?? {};
  if (callOf(task)) return storyOfCall(task);
  const kind = task.taskChannelUniqueName === "chat" ? "chat" : "caller";
  if (typeof language !== "string" || typeof about !== "string") {
    const text = JSON.stringify(task.attributes ?? {});
    return { title: task.taskQueueFriendlyName ?? "A task", about: text };
  }
  const title = `${languageName(language)} ${kind}, level ${String(level)}`;
  return { title, about: `${String(caller ?? "Somebody")} ${about}` };
}

/** The call that made the task, if one did: whoever accepts it wants to talk. */
export function callOf(task: Task): string | undefined {
  const { call_sid: sid } = task.attributes ?? {};
  return typeof sid === "string" ? sid : undefined;
}

/** What the router notes on a task of a call, and no worker wants to read. */
const OF_THE_CALL =
  /^(call_|account_sid$|api_version$|direction$|from|to$|to_|caller|called|worker_call_sid$|conference$)/;

function storyOfCall(task: Task): Story {
  const { from, to } = task.attributes ?? {};
  const told = Object.entries(task.attributes ?? {}).filter(([name]) => !OF_THE_CALL.test(name));
  const about = [
    `to ${addressee(to)}`,
    ...told.map(([name, value]) => `${name}: ${String(value)}`),
  ];
  return { title: `Call from ${addressee(from)}`, about: about.join(" · ") };
}

/** "alice" of "sip:alice@edge", "+4930123" of itself. */
function addressee(address: unknown): string {
  return String(address ?? "somebody").replace(/^(sips?|client):([^@]*)(@.*)?$/, "$2");
}

/** "English" of "en". What is no language's code stays as it is. */
export function languageName(code: string): string {
  try {
    return LANGUAGES.of(code) ?? code;
  } catch {
    return code;
  }
}

/** What a demo worker knows, in a line. */
export function skillsOf(attributes: Record<string, unknown>): string {
  const { languages, level, skills } = attributes;
  const spoken = Array.isArray(languages) ? languages.map(String).map(languageName) : [];
  const known = Array.isArray(skills) ? skills.map(String) : [];
  const rank = level === undefined ? [] : [`level ${String(level)}`];
  return [spoken.join(" and "), ...rank, known.join(", ")].filter(Boolean).join(" · ");
}

/** "1:05" of 65 seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** "Alice" of "alice". */
export function named(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A sentence ends with a full stop, whoever wrote it. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
