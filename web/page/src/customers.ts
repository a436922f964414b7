/** Who calls, and about what: a round of invented customers, so that each task is another one. */

import type { Order } from "./demo.js";

const NAMES: Record<string, readonly string[]> = {
  en: ["Grace Holloway", "Tom Whitfield", "Priya Nair", "Samuel Okoro", "Ellen Marsh"],
  es: ["Lucía Ortega", "Mateo Rivas", "Carmen Salas", "Javier Peña", "Inés Quiroga"],
};
const MATTERS: Record<string, readonly string[]> = {
  1: ["wants to know when the order arrives", "asks for a copy of an invoice"],
  2: ["was charged twice for one order", "wants to move a delivery to another address"],
  3: ["cannot sign in since the update", "disputes a refund that was refused"],
};

const turns = new Map<string, number>();

/** The next customer with this language, level and channel. */
export function nextCustomer(language: string, level: string, channel: string): Order {
  const caller = next(`caller ${language}`, NAMES[language] ?? []);
  const about = next(`matter ${level}`, MATTERS[level] ?? []);
  return { language, level: Number(level), channel, caller, about };
}

function next(round: string, choices: readonly string[]): string {
  const turn = turns.get(round) ?? 0;
  turns.set(round, turn + 1);
  return choices[turn % choices.length] ?? "";
}
