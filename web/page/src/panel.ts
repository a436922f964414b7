/** The worker himself: name, skills, activity, and how full his channels are. */

import type { Activity, WorkerChannel, WorkerResource } from "@pointsman/taskrouter-sdk";
import { byId, make } from "./dom.js";
import { named, skillsOf } from "./words.js";

export class Panel {
  readonly #select = byId<HTMLSelectElement>("activity");
  readonly #channels = byId("channels");
  #activitySid = "";

  /** `choose` is called with the activity the worker wants. */
  constructor(choose: (activitySid: string, name: string) => void) {
    this.#select.replaceChildren();
    this.#channels.replaceChildren();
    this.#select.onchange = () => {
      const name = this.#select.selectedOptions[0]?.text ?? "";
      choose(this.#select.value, name);
    };
  }

  showWorker(worker: WorkerResource): void {
    this.#activitySid = worker.activitySid;
    byId("worker-name").textContent = named(worker.friendlyName);
    byId("worker-skills").textContent = skillsOf(worker.attributes ?? {});
    byId("desk").dataset["available"] = String(worker.available);
    byId("no-offers").textContent = worker.available
      ? "No offer at the moment. Bring in a customer, or wait for one."
      : `${worker.activityName}: nothing is offered to you. Choose “Available” to get work.`;
    this.showActivity();
  }

  showActivities(activities: Iterable<Activity>): void {
    const options = [...activities].map(({ sid, friendlyName }) =>
      make("option", { value: sid }, friendlyName),
    );
    this.#select.replaceChildren(...options);
    this.showActivity();
  }

  /** What the server says counts, whatever was selected. */
  showActivity(): void {
    this.#select.value = this.#activitySid;
  }

  showChannels(channels: Iterable<WorkerChannel>): void {
    this.#channels.replaceChildren(...[...channels].map(channelRow));
  }
}

/** Slots in use are offers, work and wrapping up; assigned tasks would tell of the work alone. */
function channelRow(channel: WorkerChannel): HTMLElement {
  const { taskChannelUniqueName: name, configuredCapacity: capacity } = channel;
  const used = Math.round((capacity * (100 - channel.availableCapacityPercentage)) / 100);
  const slots = Array.from({ length: Math.min(capacity, 10) }, (_, slot) =>
    make("i", { class: slot < used ? "slot used" : "slot" }),
  );
  const load = channel.available ? `${used} of ${capacity}` : "closed";
  return make(
    "li",
    { "data-channel": name },
    make("span", {}, name),
    make("span", { class: "slots", "aria-hidden": "true" }, ...slots),
    make("span", { class: "muted" }, load),
  );
}
