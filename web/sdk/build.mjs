/** Writes the SDK's files to where the server reads them; refuses a script that is too large. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, MOST_BYTES } from "./bundle.mjs";

const OUTPUT = join(
  dirname(fileURLToPath(import.meta.url)),
  "../../src/pointsman/console/static/sdk",
);

const files = await bundle();
const size = Buffer.byteLength(files["taskrouter.min.js"]);
console.log(`taskrouter.min.js: ${size} bytes of at most ${MOST_BYTES}`);
if (size > MOST_BYTES) {
  console.error("The script is too large; nothing was written.");
  process.exit(1);
}
mkdirSync(OUTPUT, { recursive: true });
for (const [name, text] of Object.entries(files)) writeFileSync(join(OUTPUT, name), text);
