// The stock npm client's telephone half: `node node_client.mjs ADDRESS ACCOUNT_SID AUTH_TOKEN`.
// Prints one JSON object of what the client answered; any surprise ends it with a status other than 0.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const twilio = require("twilio");
const [address, account, token] = process.argv.slice(2);
const client = twilio(account, token);
client.api.baseUrl = address;

const HOTLINE = "+15550001111";
const HELLO = "<Response><Say>Hello</Say><Pause length='30'/></Response>";

async function refusal(promise) {
  try {
    await promise;
  } catch (problem) {
    return [problem.status, problem.code, problem instanceof twilio.RestException];
  }
  throw new Error("this should have been refused");
}

async function calls() {
  const made = [];
  for (let number = 0; number < 5; number += 1) {
    const to = `+1555000200${number}`;
    const call = await client.calls.create({ to, from: HOTLINE, twiml: HELLO });
    made.unshift(call.sid);
  }
  const listed = await client.calls.list({ pageSize: 2 });
  const sizes = [];
  for (let page = await client.calls.page({ pageSize: 2 }); page;) {
    sizes.push(page.instances.length);
    page = await page.nextPage();
  }
  const ended = await client.calls(made[0]).update({ status: "completed" });
  const found = await client.calls(made[0]).fetch();
  const some = await client.calls.list({ status: "canceled", startTimeAfter: new Date(0) });
  return {
    listed: JSON.stringify(listed.map((call) => call.sid)) === JSON.stringify(made),
    sizes,
    first: [listed[4].to, listed[4].from, listed[4].direction, listed[4].price],
    isDate: listed[0].dateCreated instanceof Date && found.endTime instanceof Date,
    ended: [ended.status, found.status, found.duration, some.length],
    unknown: await refusal(client.calls("CA" + "0".repeat(32)).fetch()),
    late: await refusal(client.calls(made[0]).update({ twiml: HELLO })),
    nobody: await refusal(client.calls.create({ to: "nobody", from: HOTLINE, twiml: HELLO })),
    removed: await client.calls(made[0]).remove(),
  };
}

async function queues() {
  const made = await client.queues.create({ friendlyName: "door", maxSize: 3 });
  const changed = await client.queues(made.sid).update({ maxSize: 4 });
  return {
    made: [made.friendlyName, made.currentSize, made.averageWaitTime, changed.maxSize],
    members: (await client.queues(made.sid).members.list()).length,
    front: await refusal(client.queues(made.sid).members("Front").fetch()),
    names: (await client.queues.list()).map((queue) => queue.friendlyName),
    removed: await client.queues(made.sid).remove(),
  };
}

async function callerIds() {
  const claim = await client.validationRequests.create({ phoneNumber: "49 30 123456789" });
  return {
    claim: [claim.phoneNumber, /^\d{6}$/.test(claim.validationCode), claim.callSid.slice(0, 2)],
    ids: (await client.outgoingCallerIds.list()).length,
    own: await refusal(client.validationRequests.create({ phoneNumber: HOTLINE })),
  };
}

await client.incomingPhoneNumbers.create({ phoneNumber: HOTLINE });
const answers = {
  calls: await calls(),
  queues: await queues(),
  callerIds: await callerIds(),
  conferences: (await client.conferences.list()).length,
  recordings: (await client.recordings.list()).length,
};
process.stdout.write(JSON.stringify(answers));
