/**
 * Type-checks everything, the examples in doc comments and in Markdown included, and lints the docs of the public API.
 *
 * @module
 */

import { deno, ROOT } from "./_deno.ts";

const PLACES = ["mod.ts", "src", "ffi", "scripts", "tests", "examples", "README.md", "CONTRIBUTING.md"];

if (import.meta.main) {
  const { exports } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  const types = await deno("check", ["--doc", ...PLACES]);
  const docs = await deno("doc", ["--lint", ...Object.values<string>(exports)]);
  Deno.exit(types || docs);
}
