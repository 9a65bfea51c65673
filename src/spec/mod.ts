/**
 * Blueprints of maps, programs and variables: plain data, the same on every machine, with nothing of the kernel in it.
 *
 * @example Programs of an object that attach to tracepoints
 * ```ts
 * import type { ObjectSpec, ProgramSpec } from "@waggle/ebpf/spec";
 *
 * function tracepoints({ programs }: ObjectSpec): ProgramSpec[] {
 *   return programs.filter(({ attach }) => attach?.kind === "tracepoint");
 * }
 * ```
 *
 * @module
 */
import type { Instruction } from "../asm/core.ts";
import type { Btf } from "../btf/core.ts";
import type { AttachTarget } from "./attach.ts";

export type { AttachTarget } from "./attach.ts";

/** What to create a map from. Numbers are those of the kernel's UAPI. */
export interface MapSpec {
  /** The name. */
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes; of one CPU's value in per-CPU maps, of the object's own struct in struct_ops. */
  readonly valueSize: number;
  /** How many elements fit; in an arena, pages. */
  readonly maxEntries: number;
  /** `BPF_F_…` of `BPF_MAP_CREATE`. */
  readonly flags: number;
  /** Meaning depends on the type; 0 for most. */
  readonly mapExtra: bigint;
  /** The NUMA node to allocate on, where one is asked for. */
  readonly numaNode?: number;
  /** `byName` asks for a pin under the map's name, shared with other programs (`LIBBPF_PIN_BY_NAME`). */
  readonly pinning: "none" | "byName";
  /** The key's type, an id in the BTF of the object; 0 where unknown. */
  readonly keyTypeId: number;
  /** The value's type, an id in the BTF of the object; 0 where unknown. */
  readonly valueTypeId: number;
  /** The bytes of the one value of a data section (`.data`, `.bss`, `.rodata`). */
  readonly contents?: Uint8Array;
  /** Whether the map is to be made read-only for everyone once it has its contents. */
  readonly frozen: boolean;
  /** False where a `?` before the section asks not to create the map unless told to, as struct_ops may. */
  readonly autocreate: boolean;
  /** What the maps in a map of maps are like, where the definition says so; never itself a map of maps. */
  readonly inner?: MapSpec;
  /** The elements that a map of maps or an array of programs starts with, by ascending index, each index once. */
  readonly values?: readonly MapValue[];
  /** The variables of `.kconfig`, whose one value the kernel's configuration decides. */
  readonly kconfig?: readonly KconfigSpec[];
  /** The struct to register with the kernel, in maps of the type `BPF_MAP_TYPE_STRUCT_OPS`. */
  readonly structOps?: StructOpsSpec;
  /** The bytes of the variables in an arena (`.addr_space.1`), which go to the start of whole pages. */
  readonly arenaData?: Uint8Array;
  /** Where to pin the map, in definitions of goebpf (`persistent_path`). */
  readonly pinPath?: string;
  /** What follows the known fields of an old definition (section `maps`) and is not all zeroes. */
  readonly extra?: Uint8Array;
  /** The decl tags of the variable that defines the map (`btf_decl_tag`); absent where there are none. */
  readonly tags?: readonly string[];
}

/** An element that a map of maps or an array of programs starts with. */
export interface MapValue {
  /** The key, a 32-bit number. */
  readonly index: number;
  /** What the element is. */
  readonly kind: "map" | "program";
  /** The name of the map or program, which is of the same object. */
  readonly name: string;
}

/** A variable that is set from the kernel's configuration before anything is loaded (`__kconfig`). */
export interface KconfigSpec {
  /** `CONFIG_…`, or one of libbpf's own that start with `LINUX_`. */
  readonly name: string;
  /** In bytes from the start of the value of the map `.kconfig`. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /** The type, an id in the BTF of the object. */
  readonly typeId: number;
  /** What may be put in: `tristate` is 0 for n, 1 for y and 2 for m, `char` a number or one of these letters. */
  readonly kind: "bool" | "tristate" | "char" | "int" | "string";
  /** Whether a `char` or `int` may be negative. */
  readonly signed: boolean;
  /** Whether it is 0 where the configuration does not have it; an error otherwise. */
  readonly weak: boolean;
}

/** A struct of functions that programs implement (`SEC(".struct_ops")`). */
export interface StructOpsSpec {
  /** The struct, an id in the BTF of the object; the kernel's is found by the name, members by theirs. */
  readonly typeId: number;
  /** The struct as the object has it, with zeroes for the functions. */
  readonly contents: Uint8Array;
  /** The members that programs implement, in the order of the file. */
  readonly functions: readonly StructOpsFunction[];
}

/** A member of a struct that a program implements. */
export interface StructOpsFunction {
  /** The name of the member. */
  readonly member: string;
  /** In bytes from the start of the struct of the object. */
  readonly offset: number;
  /** The name of the program. */
  readonly program: string;
}

/** What to load a program from. */
export interface ProgramSpec {
  /** The function's name in the source. */
  readonly name: string;
  /** The section as written, without a leading `?`. */
  readonly section: string;
  /** `enum bpf_prog_type`; 0 where the section name tells none. */
  readonly type: number;
  /** `enum bpf_attach_type`, the expected one; 0 where the type has none. */
  readonly attachType: number;
  /** What the section names after the type: `sched/sched_process_exec`; empty where nothing. */
  readonly attachTo: string;
  /** The same, taken apart; absent where the section names nothing, or not in the form of its type. */
  readonly attach?: AttachTarget;
  /** `BPF_F_…` of `BPF_PROG_LOAD`. */
  readonly flags: number;
  /** Whether the type is attached by a BTF id of the kernel, as `fentry` and `tp_btf` are. */
  readonly attachByBtf: boolean;
  /** False where a `?` before the section asks not to load it unless told to. */
  readonly autoload: boolean;
  /** The function, then every function it calls, references and relocations still by name. */
  readonly instructions: readonly Instruction[];
  /** What its `gotox` instructions jump by; absent where there are none. */
  readonly jumpTables?: readonly JumpTable[];
  /** The decl tags of the function (`btf_decl_tag`); absent where there are none. */
  readonly tags?: readonly string[];
}

/** A table of places in one program, to be made a map of the type `BPF_MAP_TYPE_INSN_ARRAY`. */
export interface JumpTable {
  /** The name by which instructions refer to it, with references of the kind `mapValue`. */
  readonly name: string;
  /** Instructions, in slots from the start of the program. */
  readonly slots: readonly number[];
}

/** A global variable of the C source. */
export interface VariableSpec {
  /** The name. */
  readonly name: string;
  /** The section, `.data`, `.bss`, `.rodata`, …, which is the name of the map that holds it; `.addr_space.1` in an arena. */
  readonly section: string;
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /** The type, an id in the BTF of the object; 0 where unknown. */
  readonly typeId: number;
  /** The decl tags of the variable (`btf_decl_tag`); absent where there are none. */
  readonly tags?: readonly string[];
}

/** A function or variable of the kernel that programs use (`__ksym`). */
export interface KsymSpec {
  /** The name, perhaps with a flavour (`bpf_task_from_pid___old`) that the kernel's has not. */
  readonly name: string;
  /** Whether it is called or read. */
  readonly kind: "function" | "variable";
  /** Whether programs load where the kernel does not have it. */
  readonly weak: boolean;
  /**
   * Its `FUNC` or `VAR`, an id in the BTF of the object; 0 for variables of which only the address is asked for
   * (declared `void`), and in objects without types.
   */
  readonly typeId: number;
}

/** What an object file holds. */
export interface ObjectSpec {
  /** Of instructions, types and data. */
  readonly byteOrder: "little" | "big";
  /** The text of the `license` section; empty where there is none. */
  readonly license: string;
  /** The number in the `version` section; 0 where there is none. */
  readonly kernelVersion: number;
  /** Those of `.maps` and `maps`, then data sections, `.kconfig` and struct_ops; each in the order of the file. */
  readonly maps: readonly MapSpec[];
  /** In the order of the file. */
  readonly programs: readonly ProgramSpec[];
  /** Those that other files may see. */
  readonly variables: readonly VariableSpec[];
  /** In the order of their declarations, then what programs use without one. */
  readonly ksyms: readonly KsymSpec[];
  /** The types of the object, with the sizes and offsets of data sections filled in. */
  readonly btf?: Btf;
}
