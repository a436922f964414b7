// The stock npm client against a server: `node client.mjs ADDRESS ACCOUNT_SID AUTH_TOKEN`.
// Prints one JSON object of what the client answered; any surprise ends it with a status other than 0.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const twilio = require("twilio");
const [address, account, token] = process.argv.slice(2);

function connect(secret) {
  const client = twilio(account, secret);
  client.taskrouter.baseUrl = address;
  return client;
}

async function refusal(promise) {
  try {
    await promise;
  } catch (problem) {
    const { status, code, message, moreInfo } = problem;
    return { status, code, message, moreInfo, rest: problem instanceof twilio.RestException };
  }
  throw new Error("this should have been refused");
}

const client = connect(token);

async function aWorkspace() {
  const made = await client.taskrouter.v1.workspaces.create({ friendlyName: "Support" });
  const workspace = client.taskrouter.v1.workspaces(made.sid);
  const queue = await workspace.taskQueues.create({
    friendlyName: "Spanish",
    targetWorkers: 'languages HAS "es"',
  });
  const routing = { task_routing: { default_filter: { queue: queue.sid } } };
  await workspace.workflows.create({
    friendlyName: "All",
    configuration: JSON.stringify(routing),
    taskReservationTimeout: 60,
  });
  return { made, workspace };
}

async function oneTask(workspace) {
  const [ready] = await workspace.activities.list({ friendlyName: "Available" });
  const worker = await workspace.workers.create({
    friendlyName: "Ana",
    attributes: JSON.stringify({ languages: ["es"] }),
    activitySid: ready.sid,
  });
  const task = await workspace.tasks.create({
    attributes: JSON.stringify({ language: "es" }),
    taskChannel: "voice",
    priority: 3,
  });
  const ana = workspace.workers(worker.sid);
  const [offer] = await ana.reservations.list({ reservationStatus: "pending" });
  const accepted = await ana.reservations(offer.sid).update({ reservationStatus: "accepted" });
  const assigned = await workspace.tasks(task.sid).fetch();
  const wrapping = await assigned.update({ assignmentStatus: "wrapping" });
  const done = await wrapping.update({ assignmentStatus: "completed", reason: "solved" });
  const [left] = await workspace.tasks(task.sid).reservations.list();
  const busy = await workspace.workers.statistics().fetch();
  return {
    task: { sid: task.sid, priority: task.priority, queue: task.taskQueueFriendlyName },
    isDate: task.dateCreated instanceof Date && worker.dateStatusChanged instanceof Date,
    offer: { name: offer.workerName, task: offer.taskSid === task.sid },
    steps: [accepted.reservationStatus, assigned.assignmentStatus, wrapping.assignmentStatus],
    done: [done.assignmentStatus, done.reason, left.reservationStatus],
    statistics: Object.keys(busy).includes("realtime"),
    events: (await workspace.events.list({ taskSid: task.sid })).map((event) => event.eventType),
  };
}

async function paging(workspace) {
  const made = [];
  for (let number = 0; number < 120; number += 1) {
    made.push((await workspace.tasks.create({ priority: number })).sid);
  }
  const filter = { assignmentStatus: ["pending", "reserved"] };
  const listed = await workspace.tasks.list({ ...filter, pageSize: 50 });
  const each = [];
  await new Promise((resolve, reject) => {
    workspace.tasks.each({
      ...filter,
      pageSize: 50,
      callback: (task) => each.push(task.sid),
      done: (problem) => (problem ? reject(problem) : resolve()),
    });
  });
  const sizes = [];
  for (let page = await workspace.tasks.page({ ...filter, pageSize: 50 }); page;) {
    sizes.push(page.instances.length);
    page = await page.nextPage();
  }
  const some = await workspace.tasks.list({ ...filter, limit: 70 });
  return {
    listed: JSON.stringify(listed.map((task) => task.sid)) === JSON.stringify(made),
    each: JSON.stringify(each) === JSON.stringify(made),
    sizes,
    some: some.length,
  };
}

async function versions(workspace) {
  const { sid } = await workspace.tasks.create();
  const task = workspace.tasks(sid);
  const changed = await task.update({ priority: 9, ifMatch: '"0"' });
  const stale = await refusal(task.update({ priority: 1, ifMatch: '"0"' }));
  return { changed: changed.priority, stale, still: (await task.fetch()).priority };
}

async function refusals() {
  const { workspaces } = client.taskrouter.v1;
  return {
    unknown: await refusal(workspaces("WS" + "0".repeat(32)).fetch()),
    stranger: await refusal(connect("wrong").taskrouter.v1.workspaces.list()),
    wrong: await refusal(workspaces.create({ friendlyName: "x".repeat(65) })),
  };
}

const { made, workspace } = await aWorkspace();
const answers = {
  workspace: [made.friendlyName, made.multiTaskEnabled, made.defaultActivityName],
  activities: (await workspace.activities.list()).map((activity) => activity.friendlyName),
  channels: (await workspace.taskChannels.list()).map((channel) => channel.uniqueName).sort(),
  one: await oneTask(workspace),
  paging: await paging(workspace),
  versions: await versions(workspace),
  refusals: await refusals(),
  removed: await workspace.remove(),
  gone: (await refusal(workspace.fetch())).status,
};
process.stdout.write(JSON.stringify(answers));
