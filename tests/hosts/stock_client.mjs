// The stock npm client as its own documentation shows it: an account, and no address.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const twilio = require("twilio");

const made = await twilio().taskrouter.v1.workspaces.create({ friendlyName: "Support" });
const listed = await twilio().taskrouter.v1.workspaces.list({ pageSize: 1 });
const regional = twilio(undefined, undefined, { region: "ie1-ix" });
const fetched = await regional.taskrouter.v1.workspaces(made.sid).fetch();
console.log(
  JSON.stringify({
    url: made.url,
    paged: listed.some((each) => each.sid === made.sid) && listed.length > 1,
    regional: fetched.url,
  }),
);
