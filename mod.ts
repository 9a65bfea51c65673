/**
 * eBPF for scripts: load programs into the Linux kernel, attach them, and read what they find, under `--allow-ffi` alone.
 *
 * Nothing is opened before the first use, and importing this needs no permission.
 *
 * @example Print what an object reports
 * ```ts ignore
 * import { attachRawTracepoint, cstr, load, ring, struct, u32 } from "@waggle/ebpf";
 *
 * const Event = struct({ pid: u32, comm: cstr(16) });
 *
 * await using object = await load("exec.bpf.o");
 * using _link = attachRawTracepoint(object.programs.get("on_exec"), "sched_process_exec");
 * for await (const { pid, comm } of object.maps.get("events", ring(Event))) console.log(pid, comm);
 * ```
 *
 * @module
 */

// Object files: maps and programs that clang compiled
export { BpfObject, load, type LoadOptions, Variable } from "./src/object/mod.ts";
export { ObjectMaps, type ObjectParts, ObjectPrograms, ObjectVariables } from "./src/object/mod.ts";

// Maps: state that programs and scripts share
export { createMap, type CreateMapOptions } from "./src/map/mod.ts";
export { array, ArrayMap, perCpuArray } from "./src/map/mod.ts";
export { hash, HashMap, lruHash, perCpuHash, type UpdateMode } from "./src/map/mod.ts";
export { BpfMap, type MapInfo, type MapKind, type MapType } from "./src/map/mod.ts";

// Events: records that programs send
export { type EventOptions, type RecordHandler, ring, RingBuffer } from "./src/ring/mod.ts";

// Programs written with the assembler (`@waggle/ebpf/asm`)
export { loadProgram, type LoadProgramOptions, type ProgramType } from "./src/program/mod.ts";
export { Program, type ProgramInfo, type RunOptions, type RunResult } from "./src/program/mod.ts";

// Links: where programs run
export { attachRawTracepoint, type RawTracepointOptions } from "./src/link/mod.ts";
export { attachTracepoint, type TracepointOptions } from "./src/link/mod.ts";
export { attachXdp, type XdpMode, type XdpOptions } from "./src/link/mod.ts";
export { Link, type LinkInfo } from "./src/link/mod.ts";

// Codecs: typed values and their bytes
export type { Codec, Infer } from "./src/codec/mod.ts";
export { be16, be32, bool, i16, i32, i64, i8, u16, u32, u53, u64, u8 } from "./src/codec/mod.ts";
export { arrayOf, bytes, cstr, rest, struct } from "./src/codec/mod.ts";
export type { StructCodec, StructField, StructOptions } from "./src/codec/mod.ts";

// Facts of the running kernel
export { dateOfBootTime, possibleCpus } from "./src/kernel/mod.ts";

// Errors
export {
  BtfError,
  BytecodeError,
  ClosedError,
  ElfError,
  LayoutError,
  MapFullError,
  NotFoundError,
  NotSupportedError,
  ParseError,
  PermissionError,
  SyscallError,
  VerifierError,
  WaggleError,
} from "./src/errors.ts";
export type { ParseErrorDetail, SyscallErrorDetail, VerifierErrorDetail } from "./src/errors.ts";
