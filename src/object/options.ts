/**
 * What a script may ask of a load.
 *
 * @module
 */
import type { BtfValue } from "../btf/core.ts";
import { NotFoundError } from "../errors.ts";
import { closest } from "../kernel/mod.ts";
import type { BpfMap } from "../map/mod.ts";
import type { LogLevel } from "../program/mod.ts";
import type { ObjectSpec } from "../spec/mod.ts";
import type { AttachTo } from "./attach_target.ts";

/** Options of {@linkcode load}. */
export interface LoadOptions {
  /** Values of global variables, set before anything is loaded; the only way to set constants (`const volatile`). */
  readonly variables?: Readonly<Record<string, BtfValue | Uint8Array>>;
  /** Maps to use in the place of the object's own. They stay the caller's. */
  readonly maps?: Readonly<Record<string, BpfMap>>;
  /**
   * The programs to load. By default all whose section does not begin with `?`.
   *
   * struct_ops maps of a section that begins with `?` are created where they are named here.
   */
  readonly only?: readonly string[];
  /**
   * What a refused program does: with `all`, the default, nothing is loaded; with `optional` the others are, and
   * {@linkcode BpfObject.refused} says why it is not.
   */
  readonly load?: "all" | "optional";
  /** What programs attach to in the place of what their sections name, by the names of the programs. */
  readonly attachTo?: Readonly<Record<string, AttachTo>>;
  /** The types to relocate for in the place of the running kernel's: BTF, or an ELF file that has some. */
  readonly btf?: Uint8Array;
  /** Where maps are pinned that ask for it; `/sys/fs/bpf` by default. */
  readonly pinRoot?: string;
  /** Options that count before those of the kernel's configuration, in its own form: `CONFIG_X=y`, a line each. */
  readonly kconfig?: string;
  /** A BPF file system to take a token from, for processes without capabilities. Since Linux 6.9. */
  readonly token?: string;
  /**
   * What the verifier logs of the programs that it takes, into `Program.log` of each, whole however long it is;
   * nothing by default. Loads take longer for it.
   */
  readonly log?: readonly LogLevel[];
}

const KNOWN: ReadonlySet<string> = new Set<keyof LoadOptions>([
  "variables",
  "maps",
  "only",
  "load",
  "attachTo",
  "btf",
  "pinRoot",
  "kconfig",
  "token",
  "log",
]);

/** Refuses options that do not exist: a mistyped one must not be silence. */
export function checkOptions(options: LoadOptions): void {
  const unknown = Object.keys(options).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) {
    throw new TypeError(`Cannot load: there is no option "${unknown}": there are ${[...KNOWN].join(", ")}`);
  }
}

/** Refuses names that the object does not have. */
export function checkNames(object: ObjectSpec, options: LoadOptions): void {
  const { variables = {}, maps = {}, only = [], attachTo = {} } = options;
  const mapNames = object.maps.map(({ name }) => name);
  check("set variable", Object.keys(variables), object.variables.map(({ name }) => name));
  check("replace map", Object.keys(maps), mapNames);
  const programNames = object.programs.map(({ name }) => name);
  check("load only", only, [...programNames, ...mapNames]);
  check("say what to attach to for", Object.keys(attachTo), programNames);
}

function check(action: string, given: readonly string[], names: readonly string[]): void {
  const unknown = given.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new NotFoundError(
    `Cannot ${action} "${unknown}": the object has none of that name${closest(unknown, names)}`,
  );
}

/** What an option says about a name. Names are those of the C source, which may be `constructor`. */
export function optionFor<T>(all: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return all && Object.hasOwn(all, name) ? all[name] : undefined;
}
