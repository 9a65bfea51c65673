import { parseArgs } from "node:util";
import process from "node:process";
import { programTag, slotsByIndex } from "../asm/core.ts";
import { objectName, parseElf } from "../elf/mod.ts";
import { WaggleError } from "../errors.ts";
import { kernelVersionCode } from "../kernel/mod.ts";
import {
  loadObject,
  type LoadOptions,
  otherKernel,
  ProgramLoader,
  RUNNING_KERNEL,
  type Target,
} from "../object/mod.ts";
import type { ObjectSpec, ProgramSpec } from "../spec/mod.ts";
import { directoryNames, readFile, removeFile } from "../sys/mod.ts";
import type { Command } from "./command.ts";

/** Loads objects into the kernel and says how it went. Nothing stays loaded. */
export const load: Command = {
  summary: "whether the kernel takes the programs of object files",
  usage: `waggle load [--json] [--each] [--btf FILE] [--dry-run] FILE…

Loads BPF object files and unloads them again. Maps that ask to be pinned are pinned in a folder of their own,
which is gone afterwards.

  --each       loads every program alone, so that one that is refused does not stop the others
  --btf FILE   relocates for the kernel with these types (BTF, or an ELF file that has some)
  --dry-run    relocates, and loads nothing
  --json       one JSON object a line`,

  run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        json: { type: "boolean", default: false },
        each: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        btf: { type: "string" },
      },
      allowPositionals: true,
    });
    if (positionals.length === 0) throw new TypeError("name at least one object file");
    const btf = values.btf === undefined ? undefined : readFile(values.btf);
    const mode: Mode = {
      each: values.each,
      dryRun: values["dry-run"],
      btf,
      target: btf ? otherKernel(btf) : RUNNING_KERNEL,
    };
    let ok = true;
    for (const file of positionals) {
      const result = loadFile(file, mode);
      ok &&= result.ok;
      console.log(values.json ? JSON.stringify(result) : text(result));
    }
    return ok ? 0 : 1;
  },
};

interface Mode {
  readonly each: boolean;
  readonly dryRun: boolean;
  readonly btf: Uint8Array | undefined;
  readonly target: Target;
}

/** A file as `--json` prints it. */
interface FileResult {
  readonly file: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly programs: readonly ProgramResult[];
}

interface ProgramResult {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
  /** In slots of 8 bytes, after relocation. */
  readonly instructions: number;
  /** Of the relocated instructions, as the running kernel computes it. */
  readonly tag?: string;
  /** What the kernel reports. */
  readonly loadedTag?: string;
}

function loadFile(file: string, mode: Mode): FileResult {
  try {
    const spec = pinnedByName(parseElf(readFile(file), objectName(file)));
    const programs = relocateAll(spec, mode.target);
    if (mode.dryRun) return { file, ok: programs.every(({ ok }) => ok), programs };
    if (mode.each) return eachProgram(file, spec, programs, mode);
    return wholeObject(file, spec, programs, mode);
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    return { file, ok: false, error: error.message, programs: [] };
  }
}

/** The object with all its pins in the folder of pins: some name a path of their own. */
function pinnedByName(spec: ObjectSpec): ObjectSpec {
  const maps = spec.maps.map(({ pinPath, ...map }) => pinPath ? { ...map, pinning: "byName" as const } : map);
  return { ...spec, maps };
}

/** What each program is once it is relocated, whether or not the kernel takes it. */
function relocateAll(spec: ObjectSpec, target: Target): ProgramResult[] {
  const loader = new ProgramLoader(spec, target);
  return spec.programs.map((program) => relocateOne(program, loader));
}

function relocateOne(program: ProgramSpec, loader: ProgramLoader): ProgramResult {
  const { name } = program;
  try {
    const { instructions } = loader.resolve(program);
    const tag = programTag(instructions, { hash: tagHash() });
    return { name, ok: true, instructions: slotsByIndex(instructions).at(-1) ?? 0, tag };
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    return {
      name,
      ok: false,
      error: error.message,
      instructions: slotsByIndex(program.instructions).at(-1) ?? 0,
    };
  }
}

/** Kernels hash with SHA-256 since 6.18: `bpf_prog_calc_tag`. */
function tagHash(): "sha1" | "sha256" {
  return kernelVersionCode() >= (6 << 16) + (18 << 8) ? "sha256" : "sha1";
}

function eachProgram(
  file: string,
  spec: ObjectSpec,
  programs: readonly ProgramResult[],
  mode: Mode,
): FileResult {
  const results = programs.map((program): ProgramResult => {
    if (!program.ok) return program;
    const { tags, error } = tryLoad(spec, file, mode, [program.name]);
    const loadedTag = tags.get(program.name);
    return loadedTag === undefined
      ? { ...program, ok: false, error: error ?? "it is not loaded" }
      : { ...program, loadedTag };
  });
  return { file, ok: results.every(({ ok }) => ok), programs: results };
}

function wholeObject(
  file: string,
  spec: ObjectSpec,
  programs: readonly ProgramResult[],
  mode: Mode,
): FileResult {
  const { tags, error } = tryLoad(spec, file, mode);
  const results = programs.map((program): ProgramResult => {
    const loadedTag = tags.get(program.name);
    return loadedTag === undefined
      ? { ...program, ok: program.ok && error === undefined }
      : { ...program, loadedTag };
  });
  return { file, ok: error === undefined, ...(error !== undefined && { error }), programs: results };
}

interface Loaded {
  /** The kernel's tags, by program. */
  readonly tags: ReadonlyMap<string, string>;
  readonly error?: string;
}

/** Loads the object, or some of its programs, into the kernel for a moment. */
function tryLoad(spec: ObjectSpec, file: string, mode: Mode, only?: readonly string[]): Loaded {
  const pinRoot = `/sys/fs/bpf/waggle-load-${process.pid}`;
  const options: LoadOptions = { pinRoot, ...(only && { only }), ...(mode.btf && { btf: mode.btf }) };
  try {
    const object = loadObject(spec, objectName(file), options);
    const tags = new Map([...object.programs].map((program) => [program.name, program.info.tag]));
    object.close();
    return { tags };
  } catch (error) {
    if (!(error instanceof WaggleError || error instanceof RangeError)) throw error;
    return { tags: new Map(), error: error.message };
  } finally {
    removePins(pinRoot);
  }
}

function removePins(root: string): void {
  try {
    for (const name of directoryNames(root)) removeFile(`${root}/${name}`);
    removeFile(root, true);
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error; // there was nothing to pin
  }
}

function text({ file, error, programs }: FileResult): string {
  const rows = programs.map(({ name, ok, error, instructions, tag }) =>
    `  ${ok ? "ok     " : "refused"} ${name}: ${instructions} instructions${tag ? `, tag ${tag}` : ""}` +
    (error ? `\n          ${error}` : "")
  );
  return [`${file}${error === undefined ? "" : `: ${error}`}`, ...rows].join("\n");
}
