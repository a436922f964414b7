/**
 * Makes the SDK's three files in memory: script, ES module, type declarations.
 * The rule: the same sources give the same bytes.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
const BANNER = `/*! Pointsman TaskRouter SDK ${version}, Apache-2.0 */`;

/** The largest script a page should have to load. */
export const MOST_BYTES = 25_000;

/** Members that only our own modules name: no page, no browser and no payload knows them. */
const INTERNAL =
  /^(adopting|attach|bridge|channelSid|channelUrl|connection|context|cursor|environment|eventType|expiresAt|follow|giveUp|inbox|isOpen|isOver|missed|offer|parts|presentToken|session|settings|settle|skipsFetch|socketUrl|taskUrl|tokenExpired|workspaceUrl)$/;

/** File name → text. */
export async function bundle() {
  return {
    "taskrouter.min.js": await minified("script.ts", "iife"),
    "taskrouter.mjs": await minified("index.ts", "esm"),
    "taskrouter.d.ts": declarations(),
  };
}

async function minified(entry, format) {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "src", entry)],
    define: { SDK_VERSION: JSON.stringify(version) },
    banner: { js: BANNER },
    format,
    bundle: true,
    minify: true,
    mangleProps: INTERNAL,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  return outputFiles[0].text;
}

/** The compiler's declarations of all modules in one: only what the entry exports stays public. */
function declarations() {
  const out = mkdtempSync(join(tmpdir(), "sdk-types-"));
  try {
    const switches = ["--declaration", "--emitDeclarationOnly", "--stripInternal"];
    const project = ["-p", join(HERE, "tsconfig.build.json"), "--outDir", out];
    execFileSync(process.execPath, [compiler(), ...project, ...switches], { stdio: "inherit" });
    return `${BANNER}\n\n${joined(join(out, "index.d.ts"))}`;
  } finally {
    rmSync(out, { recursive: true });
  }
}

function compiler() {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
}

const IMPORT = /^(?:import|export) [^;]*? from "(\.[^"]*)";\n/gm;
const REEXPORT = /^export (type )?(\{[^}]*\}) from "[^"]*";$/gm;
const DECLARATION = /^(?:export )?(?:declare|abstract|interface|type) /;

/** One module: what the entry says, then every declaration that can be reached from there. */
function joined(entry) {
  const modules = new Map();
  collect(entry, modules);
  const names = withoutHead(modules.get(entry));
  modules.delete(entry);
  const pieces = [...modules.values()].flatMap(declarationsOf);
  const text = names.replaceAll(REEXPORT, "export $1$2;").trim();
  return `${[...reachable(text, pieces), text].join("\n\n")}\n`;
}

function collect(file, modules) {
  if (modules.has(file)) return;
  const text = readFileSync(file, "utf8");
  modules.set(file, text);
  for (const [, path] of text.matchAll(IMPORT)) {
    collect(resolve(dirname(file), dirname(path), `${basename(path, ".js")}.d.ts`), modules);
  }
}

/** A module without the comment that describes it, and without its imports. */
function withoutHead(module) {
  return module.replace(/^\/\*\*[^]*?\*\//, "").replaceAll(/^import [^;]*;\n/gm, "");
}

/** A declaration starts at the margin, with the comment before it, and ends where the next does. */
function declarationsOf(module) {
  const pieces = withoutHead(module).split(
    /^(?=\/\*\*|(?:export )?(?:declare|interface|type|abstract) )/m,
  );
  const whole = [];
  let comment = "";
  for (const piece of pieces) {
    if (!DECLARATION.test(piece)) comment = piece;
    else {
      const text = piece.replace(/^export /, "").replace(/^export \{\};\n?/m, "");
      whole.push({ name: nameOf(text), text: (comment + text).trim() });
      comment = "";
    }
  }
  return whole;
}

function nameOf(declaration) {
  return /\b(?:class|interface|type|const|function) (\w+)/.exec(declaration)[1];
}

function reachable(entry, pieces) {
  const kept = new Set();
  const visit = (text) => {
    for (const piece of pieces) {
      if (kept.has(piece) || !new RegExp(`\\b${piece.name}\\b`).test(code(text))) continue;
      kept.add(piece);
      visit(piece.text);
    }
  };
  visit(entry);
  return pieces.filter((piece) => kept.has(piece)).map((piece) => piece.text);
}

/** Names in comments and in strings reach nothing. */
function code(text) {
  return text.replaceAll(/\/\*[^]*?\*\/|"[^"\n]*"/g, "");
}
