import { describe, expect, it } from "vitest";
import { readFields } from "../src/fields.js";

describe("readFields", () => {
  it("turns snake_case into camelCase, also inside nested objects and lists", () => {
    const payload = { task_sid: "WT1", realtime: { total_tasks: 3 }, all_days: [{ day_count: 1 }] };
    expect(readFields(payload)).toEqual({
      taskSid: "WT1",
      realtime: { totalTasks: 3 },
      allDays: [{ dayCount: 1 }],
    });
  });

  it("leaves out the reservation's SID, the address and the links", () => {
    expect(readFields({ sid: "WT1", reservation_sid: "WR1", url: "u", links: {} })).toEqual({
      sid: "WT1",
    });
  });

  it("reads attributes, configuration and addons as JSON, whose keys stay as they are", () => {
    const payload = { attributes: '{"my_key":1}', configuration: "{}", addons: '{"a_b":{}}' };
    expect(readFields(payload)).toEqual({
      attributes: { my_key: 1 },
      configuration: {},
      addons: { a_b: {} },
    });
  });

  it("keeps attributes that are no JSON, or no text, as they came", () => {
    expect(readFields({ attributes: "{", addons: null })).toEqual({
      attributes: "{",
      addons: null,
    });
  });

  it("reads dates from ISO texts and from epoch seconds", () => {
    const date = new Date("2026-01-01T10:00:00Z");
    const payload = { date_created: "2026-01-01T10:00:00Z", date_updated: date.getTime() / 1000 };
    expect(readFields(payload)).toEqual({ dateCreated: date, dateUpdated: date });
  });

  it("keeps an absent date null and every other value raw", () => {
    const payload = { date_status_changed: null, virtual_start_time: "2026", age: 7, ready: false };
    expect(readFields(payload)).toEqual({
      dateStatusChanged: null,
      virtualStartTime: "2026",
      age: 7,
      ready: false,
    });
  });
});
