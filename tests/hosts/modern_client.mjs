// The stock client of the newer SDK as its own documentation shows it: a token, and no address.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { Worker } = require("twilio-taskrouter");

const ready = (options) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(process.env.ACCESS_TOKEN, options);
    worker.on("error", reject);
    worker.on("ready", () => {
      worker.disconnect();
      resolve([worker.name, [...worker.reservations.values()].map((each) => each.status)]);
    });
  });

const plain = await ready();
const regional = await ready({ region: "ie1-ix" });
process.stdout.write(JSON.stringify({ plain, regional }), () => process.exit(0));
