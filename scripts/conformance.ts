/**
 * Compares Waggle with libbpf on the kernel's own BPF test programs: `deno task conformance [FOLDER]`.
 *
 * Every object must have the maps and programs that libbpf finds in it, and every program that libbpf loads must load
 * here, alone, to the same instructions. tests/conformance.md lists what is otherwise, and why. Needs root, and makes
 * the programs in the folder, `~/.cache/waggle-conformance` by default, the first time.
 *
 * @module
 */

import { homedir } from "node:os";
import { inParallel, makeCorpus, objectsOf } from "./_corpus.ts";
import { configArgs, ROOT } from "./_deno.ts";
import {
  compare,
  type Inspected,
  type Loaded,
  parseExceptions,
  parseLines,
  unexplained,
  type Verdict,
} from "./_verdicts.ts";

/** Objects a process: many, as starting one costs more than an object, but enough to keep all processors busy. */
const BATCH = 16;

/** Runs `waggle` with a batch of objects at a time and gives the lines it prints. */
async function waggle<T>(folder: string, objects: readonly string[], ...command: string[]): Promise<T[]> {
  const args = ["run", ...await configArgs(), "--allow-ffi", `${ROOT}src/cli/mod.ts`, ...command, "--json"];
  const batches = Array.from(
    { length: Math.ceil(objects.length / BATCH) },
    (_, i) => objects.slice(i * BATCH, (i + 1) * BATCH),
  );
  const outputs = await inParallel(batches, async (batch) => {
    const options: Deno.CommandOptions = { args: [...args, ...batch], cwd: folder, stderr: "inherit" };
    return new TextDecoder().decode((await new Deno.Command(Deno.execPath(), options).output()).stdout);
  });
  return parseLines(outputs.join(""));
}

async function main([folder = `${homedir()}/.cache/waggle-conformance`]: readonly string[]): Promise<number> {
  await makeCorpus(folder);
  const objects = await objectsOf(folder);
  const verdicts = parseLines<Verdict>(await Deno.readTextFile(`${folder}/verdicts.jsonl`));
  const inspected = await waggle<Inspected>(folder, objects, "inspect");
  const loaded = await waggle<Loaded>(folder, objects, "load", "--each");

  const { differences, ...counts } = compare(verdicts, inspected, loaded);
  const exceptions = parseExceptions(await Deno.readTextFile(`${ROOT}tests/conformance.md`));
  const unexpected = unexplained(differences, exceptions);
  for (const { object, name, text } of unexpected) console.log(`${object}: ${name}: ${text}`);

  const opened = verdicts.filter(({ ok }) => ok);
  const maps = opened.flatMap(({ maps = [] }) => maps);
  const programs = opened.flatMap(({ programs }) => programs);
  console.log(
    `${opened.length} of ${verdicts.length} objects, ${maps.length} maps, ${programs.length} programs`,
  );
  console.log(`${counts.loaded} programs loaded by libbpf, ${counts.agreed} of them loaded alike by Waggle`);
  console.log(`${counts.loadedOnlyHere} programs loaded by Waggle only`);
  console.log(`${differences.length} differences, ${unexpected.length} of them not in tests/conformance.md`);
  return unexpected.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
