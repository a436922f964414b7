// What the Node examples begin with: the stock client pointed at your server, and a new workspace.
//
// `npm install twilio`, and nothing else. Only the line with `baseUrl` is not as in a program for
// the original.
import twilio from "twilio";

export function connect() {
  const { POINTSMAN_URL, POINTSMAN_ACCOUNT_SID, POINTSMAN_AUTH_TOKEN } = process.env;
  const client = twilio(POINTSMAN_ACCOUNT_SID, POINTSMAN_AUTH_TOKEN);
  client.taskrouter.baseUrl = POINTSMAN_URL ?? "http://127.0.0.1:8080";
  return client.taskrouter.v1;
}

// A new workspace; what an earlier run left under this name is removed first.
export async function aWorkspace(friendlyName, options = {}) {
  const router = connect();
  for (const { sid } of await router.workspaces.list({ friendlyName })) {
    await router.workspaces(sid).remove();
  }
  const made = await router.workspaces.create({ friendlyName, ...options });
  return router.workspaces(made.sid);
}

// A worker with these skills, at work from the start.
export async function aWorker(workspace, friendlyName, attributes = {}) {
  const [available] = await workspace.activities.list({ friendlyName: "Available" });
  return workspace.workers.create({
    friendlyName,
    activitySid: available.sid,
    attributes: JSON.stringify(attributes),
  });
}

// A workflow that puts every task into one queue.
export function aWorkflow(workspace, queue, options = {}) {
  const routing = { default_filter: { queue: queue.sid } };
  return workspace.workflows.create({
    friendlyName: "Routing",
    configuration: JSON.stringify({ task_routing: routing }),
    ...options,
  });
}

// The offer's worker takes it. (What this library lists cannot be changed itself; it has to be named.)
export function accept(workspace, { taskSid, sid }) {
  const offer = workspace.tasks(taskSid).reservations(sid);
  return offer.update({ reservationStatus: "accepted" });
}
