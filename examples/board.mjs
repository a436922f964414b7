// The supervisor's board: who works, who waits and for how long, and how the last quarter of an hour
// went. `node board.mjs "Call centre"` shows a workspace once; `watch -n 5` in front keeps it open.
import { connect } from "./start.mjs";

const friendlyName = process.argv[2] ?? "Call centre";
const router = connect();
const [found] = await router.workspaces.list({ friendlyName });
if (!found) throw new Error(`there is no workspace called ${friendlyName}`);
const workspace = router.workspaces(found.sid);

const [now, lately, queues] = await Promise.all([
  workspace.realTimeStatistics().fetch(),
  workspace.cumulativeStatistics().fetch({ minutes: 15 }),
  workspace.taskQueues.list(),
]);

console.log(friendlyName.toUpperCase());
for (const { friendly_name, workers } of now.activityStatistics) {
  if (workers) console.log(`  ${friendly_name.padEnd(20)}${String(workers).padStart(4)} workers`);
}
for (const queue of queues) {
  const { tasksByStatus, longestTaskWaitingAge } = await workspace
    .taskQueues(queue.sid)
    .realTimeStatistics()
    .fetch();
  const waiting = tasksByStatus.pending + tasksByStatus.reserved;
  const longest = waiting ? `, the first for ${longestTaskWaitingAge} s` : "";
  console.log(`  ${queue.friendlyName.padEnd(20)}${String(waiting).padStart(4)} wait${longest}`);
}
const { tasksCreated, tasksCompleted, tasksCanceled, avgTaskAcceptanceTime } = lately;
console.log(
  `  15 minutes: ${tasksCreated} came, ${tasksCompleted} done, ${tasksCanceled} lost;` +
    ` answered after ${avgTaskAcceptanceTime} s`,
);
