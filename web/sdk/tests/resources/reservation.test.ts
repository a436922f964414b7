import { describe, expect, it } from "vitest";
import type { Reservation } from "../../src/resources/reservation.js";
import { aBridge, aCallback, aReservation, aTask } from "../builders.js";
import type { FakePage } from "../fake_page.js";

const POST = "POST Tasks/WT1/Reservations/WR1";
const TASK = "GET Tasks/WT1";
const callback = (): void => {};

function aPending(): { page: FakePage; reservation: Reservation } {
  const { page, bridge } = aBridge();
  return { page, reservation: bridge.map(aReservation()) as Reservation };
}

/** What an action with these arguments puts on the wire. */
function sent(action: keyof Reservation, values: unknown[]): Record<string, unknown> | undefined {
  const { page, reservation } = aPending();
  (reservation[action] as (...values: unknown[]) => void).apply(reservation, values);
  expect(page.commands).toEqual([POST]);
  return page.request().envelope.params;
}

describe("an answer to a reservation", () => {
  it("is posted, then the task is fetched, and only then called back", () => {
    const { page, reservation } = aPending();
    const answered = aCallback();
    reservation.accept(answered);
    page.request(POST).succeed(aReservation({ reservation_status: "accepted" }));
    expect(answered).not.toHaveBeenCalled();
    page.request(TASK).succeed(aTask({ assignment_status: "assigned" }));
    expect(answered).toHaveBeenCalledTimes(1);
    const [error, result] = answered.mock.calls[0] as [null, Reservation];
    expect(error).toBeNull();
    expect(result.reservationStatus).toBe("accepted");
    expect(result.task.assignmentStatus).toBe("assigned");
    expect(reservation.reservationStatus).toBe("pending");
  });

  it("calls back although the task cannot be fetched, with the task known before", () => {
    const { page, reservation } = aPending();
    const answered = aCallback();
    reservation.accept(answered);
    page.request(POST).succeed(aReservation({ reservation_status: "accepted" }));
    page.request(TASK).refuse(403, 20003, "no");
    expect(answered).toHaveBeenCalledExactlyOnceWith(null, expect.anything());
    expect((answered.mock.calls[0]?.[1] as Reservation).task.sid).toBe("WT1");
  });

  it("calls back with the server's refusal and asks for no task", () => {
    const { page, reservation } = aPending();
    const answered = aCallback();
    reservation.accept(answered);
    page.request(POST).refuse(410, 20001, "WR1 is rescinded; it cannot become accepted.");
    expect(page.commands).toEqual([POST]);
    expect(answered.mock.calls[0]?.[0]).toMatchObject({
      code: 410,
      twilioCode: 20001,
      message: "WR1 is rescinded; it cannot become accepted.",
    });
  });

  it("calls back with the reservation itself when the server returns none", () => {
    const { page, reservation } = aPending();
    const answered = aCallback();
    reservation.conference(answered);
    page.request(POST).succeed(null);
    page.request(TASK).succeed(aTask());
    expect(answered).toHaveBeenCalledExactlyOnceWith(null, reservation);
  });

  it("can be given again on what the callback got", () => {
    const { page, reservation } = aPending();
    reservation.call("1800", "http://twiml.example", (_, same) => same.accept());
    page.request(POST).succeed(aReservation());
    page.request(TASK).succeed(aTask());
    expect(page.request(POST).envelope.params).toEqual({ ReservationStatus: "accepted" });
  });
});

describe("accept", () => {
  it.each([[[]], [[callback]]])("takes %o", (values) => {
    expect(sent("accept", values)).toEqual({ ReservationStatus: "accepted" });
  });

  it("refuses a callback that is none, and sends nothing", () => {
    const { page, reservation } = aPending();
    expect(() => reservation.accept("x" as never)).toThrow("Callback needs to be a function");
    expect(page.posts).toEqual([]);
  });
});

describe("reject", () => {
  it.each([
    [[], {}],
    [[callback], {}],
    [["WA3"], { WorkerActivitySid: "WA3" }],
    [["WA3", callback], { WorkerActivitySid: "WA3" }],
    [[null, callback], {}],
  ])("takes %o", (values, more) => {
    expect(sent("reject", values)).toEqual({ ReservationStatus: "rejected", ...more });
  });

  it("runs its callback in whichever place it stands", () => {
    for (const form of [[], ["WA3"], [null]]) {
      const { page, reservation } = aPending();
      const answered = aCallback();
      (reservation.reject as (...values: unknown[]) => void)(...form, answered);
      page.request(POST).succeed(aReservation({ reservation_status: "rejected" }));
      page.request(TASK).succeed(aTask());
      expect(answered).toHaveBeenCalledTimes(1);
    }
  });

  it("refuses an activity that is no SID, and a callback that is none", () => {
    const { reservation } = aPending();
    expect(() => reservation.reject(7 as never)).toThrow("First argument needs to be a string");
    expect(() => reservation.reject("WA3", "x" as never)).toThrow("Second argument needs to be");
  });
});

describe("conference", () => {
  const options = { From: "1800", To: "client:joey", ConferenceStatusCallbackEvent: "start,end" };

  it.each([
    [[], {}],
    [
      ["1800", "WA3", "30", "client:joey", callback],
      { From: "1800", PostWorkActivitySid: "WA3", Timeout: "30", To: "client:joey" },
    ],
    [[null, null, null, null, null, options], options],
    [[callback, options], options],
    [[options], options],
    [["1", null, "30", null, callback, options], { Timeout: "30", ...options }],
  ])("takes %o", (values, more) => {
    expect(sent("conference", values)).toEqual({ Instruction: "conference", ...more });
  });
});

describe("dequeue", () => {
  const five = ["1800", "WA3", "record-from-answer", "30", "http://cb.example"];
  const named = {
    DequeueFrom: "1800",
    DequeuePostWorkActivitySid: "WA3",
    DequeueRecord: "record-from-answer",
    DequeueTimeout: "30",
    DequeueStatusCallbackUrl: "http://cb.example",
  };
  const events = { DequeueStatusCallbackEvent: "initiated, answered" };
  const to = { DequeueTo: "client:joey" };

  it.each([
    [[], {}],
    [[callback], {}],
    [["1800", callback], { DequeueFrom: "1800" }],
    [[...five, callback], named],
    [[...five, "client:joey", callback], { ...named, ...to }],
    [[...five, "client:joey"], { ...named, ...to }],
    [[...five, "initiated, answered", callback], { ...named, ...events }],
    [[...five, "initiated, answered"], { ...named, ...events }],
    [[...five, "initiated, answered", "client:joey", callback], { ...named, ...events, ...to }],
    [[...five, null, "client:joey", callback], { ...named, ...to }],
    [[...five, null, callback], named],
    [[...five, "odd", "client:joey"], { ...named, DequeueStatusCallbackEvent: "odd", ...to }],
  ])("takes %o", (values, more) => {
    expect(sent("dequeue", values)).toEqual({ Instruction: "dequeue", ...more });
  });
});

describe("call", () => {
  const two = { CallFrom: "1800", CallUrl: "http://twiml.example" };
  const pair = ["1800", "http://twiml.example"];

  it.each([
    [
      [...pair, "http://cb.example", "true", "record-from-answer", "client:joey", callback],
      {
        ...two,
        CallStatusCallbackUrl: "http://cb.example",
        CallAccept: "true",
        CallRecord: "record-from-answer",
        CallTo: "client:joey",
      },
    ],
    [
      [...pair, "http://cb.example", "false"],
      { ...two, CallStatusCallbackUrl: "http://cb.example", CallAccept: "false" },
    ],
    [[...pair, null, null, null, null, callback], two],
    [[...pair, null, "true"], { ...two, CallAccept: "true" }],
    [[...pair, null, true, callback], { ...two, CallAccept: "true" }],
  ])("takes %o", (values, more) => {
    expect(sent("call", values)).toEqual({ Instruction: "call", ...more });
  });
});

describe("redirect", () => {
  const two = { RedirectCallSid: "CA1", RedirectUrl: "http://twiml.example" };

  it.each([
    [["CA1", "http://twiml.example", "true", callback], { ...two, RedirectAccept: "true" }],
    [["CA1", "http://twiml.example", callback], two],
    [["CA1", "http://twiml.example"], two],
  ])("takes %o", (values, more) => {
    expect(sent("redirect", values)).toEqual({ Instruction: "redirect", ...more });
  });
});

describe("fetching a reservation", () => {
  it("fetches its task with it", () => {
    const { page, reservation } = aPending();
    const fetched = aCallback();
    reservation.fetch(fetched);
    page.request("GET Tasks/WT1/Reservations/WR1").succeed(aReservation());
    page.request(TASK).succeed(aTask());
    expect((fetched.mock.calls[0]?.[1] as Reservation).task.age).toBe(300);
  });
});
