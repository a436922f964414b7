/**
 * Makes the worker's page: one file with its style and script inside, so that no browser ever mixes
 * two versions. The SDK stays outside: the page loads it from the server, as any page would. So does the
 * telephone, which is large and needed only where calls are: its address names its bytes.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const STATIC = join(HERE, "../../src/pointsman/console/static");

const softphone = licenses("jssip") + (await built("src/softphone.ts"));
const fingerprint = createHash("sha256").update(softphone).digest("hex").slice(0, 16);
const script = await built("src/main.ts", {
  SDK_INTEGRITY: JSON.stringify(integrity()),
  SOFTPHONE: JSON.stringify(`/softphone.js?${fingerprint}`),
});
const style = await built("src/style.css");
const page = readFileSync(join(HERE, "src/index.html"), "utf8")
  .replace("/* style */", () => style.trim())
  .replace("/* script */", () => script.trim().replaceAll("</script", "<\\/script"));
const guarded = page
  .replace("SCRIPT_HASH", hashOf("script"))
  .replace("STYLE_HASH", hashOf("style"));
mkdirSync(join(STATIC, "page"), { recursive: true });
for (const [name, text] of [
  ["index.html", guarded],
  ["softphone.js", softphone],
]) {
  writeFileSync(join(STATIC, "page", name), text);
  console.log(`page/${name}: ${Buffer.byteLength(text)} bytes`);
}

/** Of what stands inside this element: the page runs no other script and uses no other style. */
function hashOf(tag) {
  const [, text] = new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`).exec(page);
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

async function built(entry, define = {}) {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, entry)],
    alias: { "@pointsman/taskrouter-sdk": "/sdk/taskrouter.mjs" },
    external: ["/sdk/taskrouter.mjs", "/softphone.js*"],
    define,
    format: "esm",
    bundle: true,
    minify: true,
    target: "es2022",
    charset: "utf8",
    write: false,
  });
  return outputFiles[0].text;
}

/** The notices of a package and of all that it needs, which stay with what is made of them. */
function licenses(name, told = new Set()) {
  if (told.has(name)) return "";
  told.add(name);
  const folder = join(HERE, "../node_modules", name);
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const notice = readFileSync(join(folder, file), "utf8").trim().replaceAll("*/", "* /");
  const others = Object.keys(dependencies).map((each) => licenses(each, told));
  return [`/*! ${name}\n\n${notice}\n*/\n`, ...others].join("");
}

/** Of the script that was built before; the page shows the line that loads it. */
function integrity() {
  const bytes = readFileSync(join(STATIC, "sdk/taskrouter.min.js"));
  return `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
}
