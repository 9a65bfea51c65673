/**
 * Virtual machines for the programs of object files.
 *
 * @module
 */
import type { Instruction } from "../asm/mod.ts";
import { NotFoundError, NotSupportedError } from "../errors.ts";
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import { VmMap, type VmMapSpec } from "./map.ts";
import type { VmOptions, VmProgramType, VmVariable } from "./types.ts";
import { Vm } from "./vm.ts";

/** A map of an object file: as `MapSpec` of `@waggle/ebpf/spec` is. */
export interface VmObjectMap extends VmMapSpec {
  /** The name. */
  readonly name: string;
  /** What a map of maps or an array of programs starts with. */
  readonly values?: readonly {
    readonly index: number;
    readonly kind: "map" | "program";
    readonly name: string;
  }[];
}

/** A program of an object file: as `ProgramSpec` of `@waggle/ebpf/spec` is. */
export interface VmObjectProgram {
  /** The function's name. */
  readonly name: string;
  /** `enum bpf_prog_type`. */
  readonly type: number;
  /** The function, then every function that it calls. */
  readonly instructions: readonly Instruction[];
  /** What its `gotox` instructions jump by. */
  readonly jumpTables?: readonly { readonly name: string; readonly slots: readonly number[] }[];
}

/** An object file: as `parseElf()` of `@waggle/ebpf/elf` reads it. */
export interface VmObject {
  /** Of instructions and data. */
  readonly byteOrder: "little" | "big";
  /** The maps. */
  readonly maps: readonly VmObjectMap[];
  /** The programs. */
  readonly programs: readonly VmObjectProgram[];
  /** The global variables. */
  readonly variables: readonly VmVariable[];
}

/** Options of {@linkcode vmOf}: those of {@linkcode Vm} that the object does not decide. */
export type VmOfOptions =
  & Omit<VmOptions, "name" | "type" | "instructions" | "programs" | "jumpTables" | "variables">
  & {
    /** What the program is made for, where its section does not tell. */
    readonly type?: VmProgramType;
  };

/** The names of the types of programs, by number. */
const TYPES: ReadonlyMap<number, VmProgramType> = new Map(
  Object.entries(BPF_PROG_TYPE).map(([name, number]) => [number, name.toLowerCase() as VmProgramType]),
);

/**
 * Makes a machine for a program of an object file, with the object's maps, and its other programs for tail calls. CO-RE
 * relocations are left as the compiler wrote them: fields are where they are in the types of the source.
 *
 * @example
 * ```ts ignore
 * import { parseElf } from "@waggle/ebpf/elf";
 * import { vmOf } from "@waggle/ebpf/vm";
 *
 * const vm = vmOf(parseElf(await Deno.readFile("count.bpf.o")), "on_packet");
 * vm.run({ data: packet });
 * console.log(vm.maps.hits.get(53), vm.coverage.toString());
 * ```
 *
 * @throws {NotFoundError} The object has no such program.
 * @throws {NotSupportedError} The object is for a big-endian machine, or the section tells no type.
 */
export function vmOf(object: VmObject, program: string, options: VmOfOptions = {}): Vm {
  const spec = object.programs.find(({ name }) => name === program);
  if (spec === undefined) {
    const names = object.programs.map(({ name }) => name).join(", ");
    throw new NotFoundError(`Cannot run program "${program}": the object has ${names || "no programs"}`);
  }
  if (object.byteOrder !== "little") {
    throw new NotSupportedError(
      `Cannot run program "${program}": the object is for a big-endian machine: compile it with -target bpfel`,
    );
  }
  const type = options.type ?? TYPES.get(spec.type);
  if (type === undefined || type === "unspec") {
    throw new NotSupportedError(
      `Cannot run program "${program}": its section tells no type: give one as type`,
    );
  }
  const programs = object.programs.filter((it) => it.type === spec.type || it === spec);
  const maps = { ...makeMaps(object, options), ...options.maps };
  const tables = programs.flatMap(({ jumpTables = [] }) => jumpTables);
  return new Vm({
    ...options,
    name: program,
    type,
    instructions: spec.instructions,
    maps,
    variables: object.variables,
    // A tail call goes to programs of the same type, the program itself among them.
    programs: Object.fromEntries(programs.map(({ name, instructions }) => [name, instructions])),
    jumpTables: Object.fromEntries(tables.map(({ name, slots }) => [name, slots])),
  });
}

function makeMaps(
  { maps }: VmObject,
  { cpu = 0, cpus = cpu + 1, maps: given = {} }: VmOfOptions,
): Record<string, VmMap> {
  const made: Record<string, VmMap> = {};
  for (const spec of maps) {
    if (!Object.hasOwn(given, spec.name)) made[spec.name] = new VmMap(spec.name, spec, cpus);
  }
  for (const { name, values = [] } of maps) {
    for (const { index, kind, name: element } of values) {
      const value = kind === "map" ? made[element] : element;
      if (value !== undefined) made[name]?.set(index, value);
    }
  }
  return made;
}
