// Node's side: reads a request a line from stdin, writes an answer a line to stdout.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const inside = createRequire(import.meta.url)("./inside.js")(require("twilio-taskrouter"));

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await inside(...JSON.parse(line));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
