// Round robin: code reviews go round among those who know the language, whoever had none for
// longest first. Nobody reviews a change of their own.
import { accept, aWorker, aWorkspace } from "./start.mjs";

const workspace = await aWorkspace("Reviews");
const reviewers = await workspace.taskQueues.create({ friendlyName: "Reviewers" });
const targets = [
  {
    queue: reviewers.sid,
    expression: "task.language IN worker.languages AND task.author != worker.friendly_name",
  },
];
await workspace.workflows.create({
  friendlyName: "Reviews",
  configuration: JSON.stringify({
    task_routing: { filters: [{ expression: "1 == 1", targets }] },
  }),
});
for (const [name, ...languages] of [
  ["Sam", "python", "rust"],
  ["Tea", "python", "rust"],
  ["Udo", "python"],
]) {
  const worker = await aWorker(workspace, name, { languages });
  await workspace.workers(worker.sid).workerChannels("default").update({ capacity: 5 });
}

const changes = [
  { title: "Faster start", language: "python", author: "Wim" },
  { title: "Fewer copies", language: "rust", author: "Wim" },
  { title: "Typo", language: "python", author: "Wim" },
  { title: "New parser", language: "rust", author: "Tea" },
  { title: "Safer lock", language: "rust", author: "Sam" },
  { title: "More tests", language: "python", author: "Udo" },
];
for (const change of changes) {
  const { sid } = await workspace.tasks.create({ attributes: JSON.stringify(change) });
  const [offer] = await workspace.tasks(sid).reservations.list();
  await accept(workspace, offer);
  console.log(`${change.title} by ${change.author}: ${offer.workerName} reviews`);
}
