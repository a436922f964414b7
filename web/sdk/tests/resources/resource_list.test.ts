import { describe, expect, it } from "vitest";
import { ListResource } from "../../src/resources/list_resource.js";
import type { Reservation } from "../../src/resources/reservation.js";
import { ResourceList } from "../../src/resources/resource_list.js";
import type { Activity } from "../../src/resources/workspace.js";
import { aBridge, aCallback, aList, aReservation, aTask, WORKSPACE } from "../builders.js";

const NEXT = `${WORKSPACE}/Activities?Page=1&PageToken=PT1`;
const BEFORE = `${WORKSPACE}/Activities?Page=0`;
const ITEMS = [{ sid: "WA1" }, { sid: "WA2" }];

function aPage(meta: Record<string, unknown> = {}) {
  const { page, bridge } = aBridge();
  const list = bridge.map(aList("activities", ITEMS, meta)) as ResourceList<Activity>;
  return { page, list };
}

describe("a list", () => {
  it("has data, a length, its place, and can be iterated", () => {
    const { list } = aPage({ page: 2, page_size: 2 });
    expect(list).toMatchObject({ page: 2, pageSize: 2, hasNext: false, hasPrevious: false });
    expect(list.length).toBe(2);
    expect([...list]).toEqual(list.data);
    expect(list.data.map(({ sid }) => sid)).toEqual(["WA1", "WA2"]);
  });

  it("turns to the pages the server names, by their address as it came", () => {
    const { page, list } = aPage({ next_page_url: NEXT, previous_page_url: BEFORE });
    expect([list.hasNext, list.hasPrevious]).toEqual([true, true]);
    const callback = aCallback();
    list.next(callback);
    expect(page.request().envelope).toMatchObject({ url: NEXT, method: "GET" });
    page.request().succeed(aList("activities", [{ sid: "WA3" }]));
    expect((callback.mock.calls[0]?.[1] as ResourceList<Activity>).data[0]?.sid).toBe("WA3");
    list.previous();
    expect(page.request().envelope.url).toBe(BEFORE);
  });

  it("calls back with an error at either end, and asks nobody", () => {
    const { page, list } = aPage();
    const [after, before] = [aCallback(), aCallback()];
    list.next(after);
    list.previous(before);
    expect(after.mock.calls[0]?.[0]).toMatchObject({ code: 0, message: "This is the last page." });
    expect(before.mock.calls[0]?.[0]).toMatchObject({ message: "This is the first page." });
    expect(page.posts).toEqual([]);
  });

  it("of an unknown shape is empty", () => {
    const { bridge } = aBridge();
    const list = bridge.map({ meta: {} }) as ResourceList<unknown>;
    expect([list.length, list.page, list.pageSize]).toEqual([0, 0, 0]);
  });

  it("of reservations has fetched the tasks of its next page too", () => {
    const { page, bridge } = aBridge();
    const meta = { next_page_url: `${WORKSPACE}/Workers/WK1/Reservations?Page=1` };
    const first = aList("reservations", [aReservation()], meta);
    const callback = aCallback();
    (bridge.map(first) as ResourceList<Reservation>).next(callback);
    page.request().succeed(aList("reservations", [aReservation({ sid: "WR2" })]));
    page.request("GET Tasks/WT1").succeed(aTask());
    const next = callback.mock.calls[0]?.[1] as ResourceList<Reservation>;
    expect(next.data[0]?.task.priority).toBe(1);
  });
});

describe("a list resource", () => {
  function anAddress() {
    const { page, bridge } = aBridge();
    const defaults = { PageSize: 1000 };
    return { page, list: new ListResource<Activity>(bridge, `${WORKSPACE}/Activities`, defaults) };
  }

  it("fetches all, those that parameters select, or one", () => {
    const { page, list } = anAddress();
    list.fetch();
    list.fetch(aCallback());
    list.fetch({ Available: "true" }, aCallback());
    list.fetch({ PageSize: 2 });
    list.fetch("WA1", aCallback());
    const paths = page.posts.map((post) => [post.command, post.envelope.params]);
    expect(paths).toEqual([
      ["GET Activities", { PageSize: 1000 }],
      ["GET Activities", { PageSize: 1000 }],
      ["GET Activities", { PageSize: 1000, Available: "true" }],
      ["GET Activities", { PageSize: 2 }],
      ["GET Activities/WA1", undefined],
    ]);
  });

  it("creates, updates in both forms, and deletes", () => {
    const { page, list } = anAddress();
    list.create({ FriendlyName: "Lunch" }, aCallback());
    list.update("WA1", "FriendlyName", "Tea", aCallback());
    list.update("WA1", { FriendlyName: "Tea" });
    list.delete("WA1", aCallback());
    const paths = page.posts.map((post) => [post.command, post.envelope.params]);
    expect(paths).toEqual([
      ["POST Activities", { FriendlyName: "Lunch" }],
      ["POST Activities/WA1", { FriendlyName: "Tea" }],
      ["POST Activities/WA1", { FriendlyName: "Tea" }],
      ["DELETE Activities/WA1", undefined],
    ]);
  });

  it("refuses arguments of another kind", () => {
    const { list } = anAddress();
    expect(() => list.create("x" as never)).toThrow("First argument needs to be an object");
    expect(() => list.update(1 as never, "a", "b")).toThrow("First argument needs to be a string");
    expect(() => list.delete({} as never)).toThrow("First argument needs to be a string");
    expect(() => list.fetch("WA1", "x" as never)).toThrow("Second argument needs to be a function");
    expect(() => list.fetch(7 as never)).toThrow("Callback needs to be a function");
  });
});
