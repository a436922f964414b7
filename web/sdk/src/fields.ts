/**
 * From the wire's fields to a page's: snake_case becomes camelCase, JSON texts become values, and
 * dates become `Date`. It knows nothing of resources.
 */

/** A JSON object as it comes over the wire. */
export type Payload = Record<string, unknown>;

/** Attributes, configuration, add-ons: the JSON is of the application's own making. */
export type JsonObject = Record<string, any>;

const SKIPPED = new Set(["reservation_sid", "url", "links"]);
const JSON_TEXTS = new Set(["attributes", "configuration", "addons"]);
const DATES = new Set(["date_created", "date_updated", "date_status_changed"]);

/** The page's view of a payload. */
export function readFields(payload: Payload): Payload {
  const fields: Payload = {};
  for (const [name, value] of Object.entries(payload)) {
    if (!SKIPPED.has(name)) fields[camelCase(name)] = readField(name, value);
  }
  return fields;
}

function readField(name: string, value: unknown): unknown {
  if (JSON_TEXTS.has(name)) return readJson(value);
  if (DATES.has(name)) return readDate(value);
  return readValue(value);
}

function readValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readValue);
  return typeof value === "object" && value !== null ? readFields(value as Payload) : value;
}

/** Text that is no JSON stays text: the page can still see it. */
function readJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A number is epoch seconds; any other value that is there is a date's text. */
function readDate(value: unknown): unknown {
  if (typeof value === "number") return new Date(value * 1000);
  return typeof value === "string" ? new Date(value) : value;
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
