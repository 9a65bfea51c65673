/**
 * Instructions into the kernel, as it is told to.
 *
 * @module
 */
import { encode, type Instruction } from "../asm/core.ts";
import { raisedMemlock } from "../kernel/mod.ts";
import {
  allocate,
  cString,
  type Descriptor,
  ERRNO,
  objectName,
  progLoad,
  type ProgLoadResult,
  textOf,
} from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { explainLoad } from "./explain_load.ts";
import type { ProgramTypes } from "./types.ts";

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
  /** The types of the program, and where its functions and lines begin. */
  readonly types?: ProgramTypes;
  /** What the verifier logs of a program that it takes: bits as in `log_level`. */
  readonly logLevel?: number;
}

/** A program that the kernel took. */
export interface LoadedProgram {
  readonly descriptor: Descriptor;
  /** What the verifier said of it, where that was asked for, a line an element. */
  readonly log: readonly string[];
}

/** Loads a program as the kernel is told to, and explains where it refuses. */
export function loadInstructions(program: NewProgram): LoadedProgram {
  const instructions = encode(program.instructions);
  // A log costs too much to ask for when all is well
  const first = program.logLevel ? undefined : attemptLoad(program, instructions, undefined);
  const { descriptor, log } = first?.program
    ? { descriptor: first.program, log: "" }
    : loadWithLog(program, instructions);
  return { descriptor, log: program.logLevel ? linesOf(log) : [] };
}

/** The lines of a log, without empty ones. */
function linesOf(log: string): string[] {
  return log.split("\n").filter((line) => line !== "");
}

const FIRST_LOG_SIZE = 64 << 10;
const MAX_LOG_SIZE = 0xffff_ffff >>> 2; // the kernel's own limit: bpf_verifier_log_attr_valid
const LOG_LEVEL = 1;

/**
 * Loads with a log, in as large a buffer as the log needs: the size that the kernel gives since Linux 6.4, before that
 * twice as large until it fits. Throws what it explains.
 */
function loadWithLog(
  program: NewProgram,
  instructions: Uint8Array,
): { descriptor: Descriptor; log: string } {
  for (let size = FIRST_LOG_SIZE;;) {
    const log = allocate(size);
    const result = attemptLoad(program, instructions, log);
    // where nobody asked for a log, the first refusal was a passing one, such as for want of memory
    if (result.program) return { descriptor: result.program, log: textOf(log) };
    if (result.errno !== ERRNO.ENOSPC || size >= MAX_LOG_SIZE) {
      throw explainLoad(program, instructions.length / 8, result.errno, linesOf(textOf(log)));
    }
    const wanted = result.logTrueSize > size ? result.logTrueSize : size * 2;
    size = Math.min(wanted, MAX_LOG_SIZE);
  }
}

/**
 * Loads a program once, as the kernel is told to, and says how that went. `instructions` are its instructions encoded.
 *
 * With a buffer for the log there is one where the kernel refuses, or at all times with {@linkcode NewProgram.logLevel}.
 */
export function attemptLoad(
  program: NewProgram,
  instructions: Uint8Array,
  log: Uint8Array | undefined,
): ProgLoadResult {
  const { types } = program;
  const load = () =>
    progLoad(`program "${program.name}"`, {
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
      ...(log && { log_level: program.logLevel || LOG_LEVEL, log_size: log.length, log_buf: log }),
    });
  const result = load();
  return raisedMemlock(result.errno) ? load() : result;
}
