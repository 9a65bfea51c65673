/**
 * Makes the npm package in `dist/`, or in the folder that is named: every entry bundled to JavaScript, which starts in a fifth
 * of the time that loading its modules takes, with declarations, and the `waggle` command.
 *
 * @module
 */

import { join } from "node:path/posix";
import { writeDeclarations } from "./_declarations.ts";
import { deno, ROOT } from "./_deno.ts";

/** What the package has beside code. */
const DOCUMENTS = ["README.md", "LICENSE", "CHANGELOG.md"];

/** What `npx` and npm's links run: Node, which hands over to a runtime with FFI. */
const LAUNCHER = "src/cli/launch.ts";

interface Package {
  readonly exports: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** `./src/trace/mod.ts` and its kind, as others are called that are made of it. */
function made(path: string, extension: string): string {
  return path.replace(/\.ts$/, extension);
}

/** The manifest of the package; what the code depends on is in the bundles. */
function manifest({ exports, files: _files, dependencies: _dependencies, ...rest }: Package): string {
  const entries = Object.entries(exports).map(([name, path]) =>
    [name, { types: made(path, ".d.ts"), default: made(path, ".js") }] as const
  );
  const bin = { waggle: `./${made(LAUNCHER, ".js")}` };
  return `${JSON.stringify({ ...rest, bin, exports: Object.fromEntries(entries) }, null, 2)}\n`;
}

async function main(folder: string): Promise<number> {
  const npm: Package = JSON.parse(await Deno.readTextFile(`${ROOT}package.json`));
  const entries = Object.values(npm.exports);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const bundled = await deno("bundle", [
    "--quiet",
    "--platform=deno",
    "--code-splitting",
    `--outdir=${folder}`,
    ...entries,
    LAUNCHER,
  ]);
  if (bundled !== 0) return bundled;
  writeDeclarations(ROOT, entries, folder);
  await Deno.writeTextFile(join(folder, "package.json"), manifest(npm));
  for (const name of DOCUMENTS) await Deno.copyFile(`${ROOT}${name}`, join(folder, name));
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args[0] ?? `${ROOT}dist`));
