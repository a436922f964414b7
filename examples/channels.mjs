// Capacity for each channel: one person writes with three customers at a time, but speaks with one.
// While she is on the phone she takes no new chats.
import { accept, aWorker, aWorkflow, aWorkspace } from "./start.mjs";

const workspace = await aWorkspace("Channels");
const everybody = await workspace.taskQueues.create({ friendlyName: "Everybody" });
await aWorkflow(workspace, everybody);
const rosa = workspace.workers((await aWorker(workspace, "Rosa")).sid);
const chat = rosa.workerChannels("chat");
await chat.update({ capacity: 3 });
await rosa.workerChannels("voice").update({ capacity: 1 });

async function create(taskChannel, count) {
  for (let i = 0; i < count; i += 1) await workspace.tasks.create({ taskChannel });
}

async function acceptAll() {
  const offers = await rosa.reservations.list({ reservationStatus: "pending" });
  for (const offer of offers) await accept(workspace, offer);
}

async function show(what) {
  const used = [];
  for (const name of ["chat", "voice"]) {
    const { assignedTasks, configuredCapacity } = await rosa.workerChannels(name).fetch();
    used.push(`${assignedTasks} of ${configuredCapacity} ${name}`);
  }
  const waiting = await workspace.tasks.list({ assignmentStatus: ["pending"] });
  console.log(`${what}: ${used.join(", ")}; ${waiting.length} wait`);
}

await create("chat", 2);
await acceptAll();
await show("two chats come");

await create("voice", 2);
await acceptAll();
await chat.update({ available: false });
await create("chat", 1);
await acceptAll();
await show("two calls and a chat come");

await chat.update({ available: true });
await acceptAll();
await show("she takes chats again");
