/**
 * Opens and relocates an object with hundreds of CO-RE records, for the running kernel and up to the load of the first
 * program. Prints ms: of the first time in the process, or with `again` of each later one.
 *
 * Both sides read the file, hand the object's types to the kernel, and read those of the kernel: libbpf for each object,
 * this library once a process.
 */
import { parseElf } from "../../src/elf/mod.ts";
import { loadTypes } from "../../src/kernel/mod.ts";
import { ProgramLoader } from "../../src/object/programs.ts";
import { RUNNING_KERNEL } from "../../src/object/target.ts";
import { readFile } from "../../src/sys/mod.ts";

const TIMES = 20;
const LEAST_RECORDS = 400;

const path = new URL("core.bpf.o", import.meta.url).pathname;
const first = once();
if (!globalThis.process.argv.includes("again")) console.log(first);
else for (let i = 0; i < TIMES; i++) console.log(once());

function once(): number {
  const start = performance.now();
  const object = parseElf(readFile(path), "core");
  using _types = loadTypes(object.btf);
  const loader = new ProgramLoader(object, RUNNING_KERNEL);
  const programs = object.programs.map((program) => loader.resolve(program));
  const time = performance.now() - start;
  const records = object.programs.flatMap(({ instructions }) =>
    instructions.filter((each) => each.relocation)
  );
  const poisoned = programs.flatMap((program) => program.poisoned);
  if (records.length < LEAST_RECORDS) throw new Error(`${records.length} records`);
  if (poisoned.length > records.length / 2) {
    throw new Error(`${poisoned.length} of ${records.length} are poisoned`);
  }
  return time;
}
