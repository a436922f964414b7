// Runs beside the stock client `twilio-taskrouter`, in Node and in a page: keeps its objects by name,
// remembers what they emit, and does with them what a test says.

const PATIENCE_MS = 15_000;
const EVENTS = [
  "ready",
  "activityUpdated",
  "attributesUpdated",
  "reservationCreated",
  "reservationFailed",
  "disconnected",
  "error",
  "tokenExpired",
  "tokenUpdated",
];
const RESERVATION_EVENTS = [
  "accepted",
  "canceled",
  "completed",
  "rejected",
  "rescinded",
  "timeout",
  "wrapup",
];
const TASK_EVENTS = ["canceled", "completed", "updated", "wrapup", "transferInitiated"];
const TRANSFER_EVENTS = ["attemptFailed", "canceled", "completed", "failed"];
const CHANNEL_EVENTS = ["availabilityUpdated", "capacityUpdated"];

module.exports = (TaskRouter) => {
  const kept = new Map();

  class Kept {
    constructor(object) {
      this.object = object;
      this.heard = [];
      this.waiting = [];
    }

    tell(event, told) {
      this.heard.push([event, told]);
      for (const look of [...this.waiting]) look();
    }

    record(emitter, prefix, events, told) {
      for (const event of events) {
        emitter.on(event, (argument) => this.tell(prefix + event, told(argument)));
      }
    }

    until(event, count) {
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          const heard = this.heard.map(([name]) => name).join(", ");
          reject(new Error(`no ${event} (${count}); heard: ${heard}`));
        }, PATIENCE_MS);
        const look = () => {
          const found = this.heard.filter(([name]) => name === event);
          if (found.length < count) return;
          clearTimeout(late);
          this.waiting = this.waiting.filter((other) => other !== look);
          resolve(found[count - 1][1]);
        };
        this.waiting.push(look);
        look();
      });
    }
  }

  const plain = (argument) =>
    argument instanceof Error
      ? { message: argument.message, name: argument.name }
      : argument && argument.sid
        ? { sid: argument.sid, status: argument.status, version: argument.version }
        : (argument ?? null);

  function watchReservation(keeper, reservation) {
    keeper.record(reservation, "reservation.", RESERVATION_EVENTS, plain);
    keeper.record(reservation.task, "task.", TASK_EVENTS, plain);
    reservation.task.on("transferInitiated", (transfer) =>
      keeper.record(transfer, "transfer.", TRANSFER_EVENTS, plain),
    );
  }

  const verbs = {
    // A Worker or a Supervisor, which is ready when this resolves.
    async start({ name, kind, token, options }) {
      const keeper = new Kept(new TaskRouter[kind](token, options));
      kept.set(name, keeper);
      keeper.record(keeper.object, "", EVENTS, plain);
      keeper.object.on("reservationCreated", (made) => watchReservation(keeper, made));
      await keeper.until("ready", 1);
      for (const channel of keeper.object.channels.values()) {
        keeper.record(channel, "channel.", CHANNEL_EVENTS, plain);
      }
      for (const reservation of keeper.object.reservations.values()) {
        watchReservation(keeper, reservation);
      }
      return null;
    },
    // One that need not become ready.
    begin({ name, kind, token, options }) {
      const keeper = new Kept(new TaskRouter[kind](token, options));
      kept.set(name, keeper);
      keeper.record(keeper.object, "", EVENTS, plain);
      return null;
    },
    workspace({ name, token, options, workspaceSid }) {
      kept.set(name, new Kept(new TaskRouter.Workspace(token, options, workspaceSid)));
      return null;
    },
    until: ({ name, event, count }) => kept.get(name).until(event, count),
    heard: ({ name }) => kept.get(name).heard.map(([event]) => event),
    // The value of an expression about the object, which is `it`; `given` is what the test gives.
    async value({ name, code, given }) {
      const keeper = kept.get(name);
      const held = [...(keeper.object.reservations?.values() ?? [])];
      const look = new Function("it", "given", "reservation", `return (${code});`);
      return (await look(keeper.object, given, held.at(-1))) ?? null;
    },
    end() {
      for (const { object } of kept.values()) {
        object.removeAllListeners?.();
        object.disconnect?.();
      }
      kept.clear();
      return null;
    },
  };

  // What a verb gives, or the message of what it was refused with.
  return async (verb, told) => {
    try {
      return { value: (await verbs[verb](told)) ?? null };
    } catch (error) {
      return { error: String(error.message ?? error) };
    }
  };
};
