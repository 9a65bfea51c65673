/**
 * Loading programs.
 *
 * @module
 */
import { encode, type Instruction } from "../asm/core.ts";
import { allocate, cString, type Descriptor, ERRNO, objectName, progLoad, textOf } from "../sys/mod.ts";
import { BPF_MAP_FLAG, BPF_PROG_TYPE } from "../uapi/mod.ts";
import { explainLoad } from "./explain.ts";
import { Program } from "./program.ts";

/** A program type as the kernel names it, in lower case: `xdp`, `tracepoint`, `raw_tracepoint`, `sched_cls`. */
export type ProgramType = Lowercase<keyof typeof BPF_PROG_TYPE>;

/** Options of {@linkcode loadProgram}. */
export interface LoadProgramOptions {
  /** For messages, and up to 15 bytes of it for tools such as bpftool. */
  readonly name: string;
  /** What it is made for. */
  readonly type: ProgramType;
  /** References to maps name keys of {@linkcode LoadProgramOptions.maps}. */
  readonly instructions: readonly Instruction[];
  /** `GPL` by default, which the helpers for tracing ask for. */
  readonly license?: string;
  /** The maps that instructions refer to, by name. */
  readonly maps?: Readonly<Record<string, { readonly descriptor: Descriptor }>>;
}

/**
 * Loads a program that was written with the assembler (`BPF_PROG_LOAD`).
 *
 * @example A program that lets every packet pass
 * ```ts ignore
 * import { loadProgram } from "@waggle/ebpf";
 * import { exit, mov, r0 } from "@waggle/ebpf/asm";
 *
 * using pass = loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] });
 * console.log(pass.run({ data: new Uint8Array(64) }).returnValue); // 2, XDP_PASS
 * ```
 *
 * @throws {VerifierError} The verifier refuses the program; the error has its log.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {BytecodeError} An instruction refers to something that is not there.
 * @throws {TypeError} There is no such type of programs.
 */
export function loadProgram(options: LoadProgramOptions): Program {
  const { name, type, instructions, license = "GPL", maps = {} } = options;
  const descriptors = new Map(Object.entries(maps).map(([name, map]) => [name, map.descriptor]));
  return loadInstructions({
    name,
    type: programTypeNumber(type),
    instructions: withMaps(instructions, descriptors),
    license,
  });
}

function programTypeNumber(type: ProgramType): number {
  const number: number | undefined = BPF_PROG_TYPE[type.toUpperCase() as keyof typeof BPF_PROG_TYPE];
  if (number !== undefined) return number;
  throw new TypeError(`Cannot load a program of type "${type}": there is no such type`);
}

/** Puts the descriptors of maps in the place of their names. */
export function withMaps(
  instructions: readonly Instruction[],
  maps: ReadonlyMap<string, Descriptor>,
): Instruction[] {
  return instructions.map((instruction) => {
    const { reference, ...rest } = instruction;
    const map = reference?.kind === "map" || reference?.kind === "mapValue"
      ? maps.get(reference.name)
      : undefined;
    return map ? { ...rest, imm: map.fd } : instruction;
  });
}

/** All that the kernel can be told about a new program. */
export interface NewProgram {
  /** For messages, and up to 15 bytes of it for the kernel. */
  readonly name: string;
  /** `enum bpf_prog_type`. */
  readonly type: number;
  /** With references to functions and labels only. */
  readonly instructions: readonly Instruction[];
  /** What the program may call depends on whether it is compatible with the GPL. */
  readonly license: string;
  /** `BPF_F_…`. */
  readonly flags?: number;
  /** `enum bpf_attach_type`. */
  readonly attachType?: number;
  /** The BTF id of the kernel function or type to attach to. */
  readonly attachBtfId?: number;
  /** The BTF of the module, or the program, that the id is of; vmlinux where there is none. */
  readonly attachBtfObject?: Descriptor;
  /** Descriptors that instructions refer to by index; 0 is not used. */
  readonly fdArray?: Int32Array<ArrayBuffer>;
  /** What allows the process to load it, where it lacks the capability. */
  readonly token?: Descriptor;
  /** What the section names after the type. */
  readonly attachTo?: string;
  /** The types of the program, and its `func_info` and `line_info` against them. */
  readonly types?: {
    readonly btf: Descriptor;
    readonly functions: Uint8Array;
    readonly functionSize: number;
    readonly lines: Uint8Array;
    readonly lineSize: number;
  };
}

/** Loads a program as the kernel is told to, and explains where it refuses. */
export function loadInstructions(program: NewProgram): Program {
  const instructions = encode(program.instructions);
  const first = attempt(program, instructions, undefined);
  const descriptor = first.program ?? loadWithLog(program, instructions);
  return new Program(descriptor, program.name, program.attachTo);
}

const FIRST_LOG_SIZE = 64 << 10;
const MAX_LOG_SIZE = 0xffff_ffff >>> 2; // the kernel's own limit: bpf_verifier_log_attr_valid
const LOG_LEVEL = 1;

/** Loads once more with a log, which costs too much to ask for when all is well. Throws what it explains. */
function loadWithLog(program: NewProgram, instructions: Uint8Array): Descriptor {
  for (let size = FIRST_LOG_SIZE;;) {
    const log = allocate(size);
    const result = attempt(program, instructions, log);
    if (result.program) return result.program; // the first refusal was a passing one, such as for want of memory
    const wanted = Math.min(Math.max(result.logTrueSize, size * 4), MAX_LOG_SIZE);
    if (result.errno !== ERRNO.ENOSPC || size >= MAX_LOG_SIZE) {
      throw explainLoad(program, instructions.length / 8, result.errno, textOf(log));
    }
    size = wanted;
  }
}

function attempt(program: NewProgram, instructions: Uint8Array, log: Uint8Array | undefined) {
  const { types } = program;
  return progLoad(`program "${program.name}"`, {
    prog_type: program.type,
    insns: instructions,
    insn_cnt: instructions.length / 8,
    license: cString(program.license),
    prog_name: objectName(program.name),
    prog_flags: (program.flags ?? 0) | (program.token ? BPF_MAP_FLAG.TOKEN_FD : 0),
    expected_attach_type: program.attachType ?? 0,
    attach_btf_id: program.attachBtfId ?? 0,
    attach_btf_obj_fd: program.attachBtfObject?.fd ?? 0,
    ...(program.fdArray && program.fdArray.length > 1 &&
      { fd_array: new Uint8Array(program.fdArray.buffer) }),
    prog_token_fd: program.token?.fd ?? 0,
    ...(types && {
      prog_btf_fd: types.btf.fd,
      func_info: types.functions,
      func_info_rec_size: types.functionSize,
      func_info_cnt: types.functions.length / types.functionSize,
      line_info: types.lines,
      line_info_rec_size: types.lineSize,
      line_info_cnt: types.lines.length / types.lineSize,
    }),
    ...(log && { log_level: LOG_LEVEL, log_size: log.length, log_buf: log }),
  });
}
