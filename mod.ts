/**
 * eBPF for scripts: load programs into the Linux kernel, attach them, and read what they find, under `--allow-ffi` alone.
 *
 * Nothing is opened before the first use, and importing this needs no permission.
 *
 * @example Print what an object reports
 * ```ts ignore
 * import { cstr, load, ring, struct, u32 } from "@waggle/ebpf";
 *
 * const Event = struct({ pid: u32, comm: cstr(16) });
 *
 * await using object = await load("exec.bpf.o");
 * using _link = object.programs.get("on_exec").attach(); // SEC("raw_tp/sched_process_exec")
 * for await (const { pid, comm } of object.maps.get("events", ring(Event))) console.log(pid, comm);
 * ```
 *
 * @module
 */

// Object files: maps and programs that clang compiled
export { BpfObject, load, type LoadOptions, Variable } from "./src/object/mod.ts";
export { ObjectMaps, type ObjectParts, ObjectPrograms, ObjectVariables } from "./src/object/mod.ts";
export { attachAll, type AttachAllOptions, Attachments, type AttachOptions } from "./src/object/mod.ts";
export { type AttachTo, ObjectProgram, type StructOpsOptions } from "./src/object/mod.ts";
export { type EmbeddedObject, loadTyped, type ObjectKinds } from "./src/object/mod.ts";
export type { TypedLoadOptions, TypedObject } from "./src/object/mod.ts";

// Maps: state that programs and scripts share
export { createMap, type CreateMapOptions, type MapFlag } from "./src/map/mod.ts";
export { type MapAccess, type MapSource, openMap } from "./src/map/mod.ts";
export { BpfMap, listMaps, type MapFacts, type MapInfo, type MapKind, type MapType } from "./src/map/mod.ts";
export type { BatchFields, ElementAccess, MapCreation, MapHandle, MapOrigin } from "./src/map/mod.ts";
export type { MapSize, MapTypes } from "./src/map/mod.ts";
export type { BatchOptions, Elements, LookupOptions } from "./src/map/mod.ts";
export type { UpdateMode, UpdateOptions, WatchOptions } from "./src/map/mod.ts";
export { array, ArrayMap, MapMemory, PlainArrayMap } from "./src/map/mod.ts";
export { perCpuArray, PerCpuArrayMap } from "./src/map/mod.ts";
export { hash, HashMap, lruHash, type UntypedValue } from "./src/map/mod.ts";
export { lruPerCpuHash, perCpuHash, PerCpuHashMap } from "./src/map/mod.ts";
export { LpmTrie, lpmTrie } from "./src/map/mod.ts";
export { DeletableMap, KeyedMap, ReadableMap } from "./src/map/mod.ts";
export { type PushOptions, queue, QueueMap, stack } from "./src/map/mod.ts";
export { BloomFilter, bloomFilter, type BloomFilterOptions } from "./src/map/mod.ts";

// Maps of objects of the kernel: maps, programs, sockets, devices, cgroups
export { arrayOfMaps, hashOfMaps, type KernelObject, MapOfMaps, ObjectMap } from "./src/map/mod.ts";
export { ProgramArray, programArray } from "./src/map/mod.ts";
export { CgroupArray, cgroupArray, PerfEventArray, perfEventArray, SlotArray } from "./src/map/mod.ts";
export { reuseportArray, SocketMap, sockHash, sockMap, XskMap, xskMap } from "./src/map/mod.ts";
export { CpuMap, cpuMap, DeviceMap, devMap, devMapHash } from "./src/map/mod.ts";
export type { RedirectCpu, RedirectDevice, RedirectOptions } from "./src/map/mod.ts";
export { cgrpStorage, inodeStorage, skStorage, StorageMap, taskStorage } from "./src/map/mod.ts";
export { cgroupStorage, CgroupStorageMap, perCpuCgroupStorage } from "./src/map/mod.ts";
export type { CgroupAttachment } from "./src/map/mod.ts";
export { type BuildIdFrame, buildIdStackTrace, stackTrace, StackTraceMap } from "./src/map/mod.ts";
export type { StackTraceOptions } from "./src/map/mod.ts";
export { Arena, arena, type ArenaOptions } from "./src/map/mod.ts";
export { insnArray, type ProgramPlace, structOps, StructOpsMap, type StructOpsState } from "./src/map/mod.ts";

// Events: records that programs send
export {
  type DrainOptions,
  type EventOptions,
  type RecordHandler,
  ring,
  RingBuffer,
  type RingOptions,
} from "./src/ring/mod.ts";
export { PerfBuffer, perfBuffer, type PerfBufferOptions } from "./src/ring/mod.ts";
export {
  anyOf,
  EventBuffer,
  type EventOf,
  type Feed,
  type LostCounter,
  type Records,
} from "./src/ring/mod.ts";
export { type SendOptions, userRing, UserRingBuffer } from "./src/ring/mod.ts";

// Programs: loaded from objects, or written with the assembler (`@waggle/ebpf/asm`)
export { loadProgram, type LoadProgramOptions, type LogLevel, type ProgramFlag } from "./src/program/mod.ts";
export { listPrograms, openProgram, type ProgramInfo, type ProgramSource } from "./src/program/mod.ts";
export type {
  AttachType,
  MachineFunction,
  ProgramOrigin,
  ProgramStream,
  ProgramType,
} from "./src/program/mod.ts";
export { enableStats, Program } from "./src/program/mod.ts";
export type { BenchmarkOptions, BenchmarkResult, RunOptions, RunResult } from "./src/program/mod.ts";

// Links: where programs run
export { type Attachment, Link, listLinks, openLink, type UpdateLinkOptions } from "./src/link/mod.ts";
export type { AnyLinkInfo, AttachTypeName, LinkInfo, LinkSource, LinkType } from "./src/link/mod.ts";
export type { PerfEventInfo } from "./src/link/mod.ts";
export type { KprobeMultiInfo, KprobeMultiPlace, UprobeMultiInfo, UprobeMultiPlace } from "./src/link/mod.ts";
export { attachRawTracepoint, type RawTracepointOptions } from "./src/link/mod.ts";
export { attachTracepoint, type TracepointOptions } from "./src/link/mod.ts";
export { attachTracing, type TracingOptions } from "./src/link/mod.ts";
export { attachTracingMulti, type TracingMultiFunctions, type TracingMultiOptions } from "./src/link/mod.ts";
export { attachKprobe, attachKsyscall, type KprobeOptions, type KsyscallOptions } from "./src/link/mod.ts";
export { attachKprobeMulti, type KprobeMultiFunctions, type KprobeMultiOptions } from "./src/link/mod.ts";
export { attachUprobe, type UprobeOptions } from "./src/link/mod.ts";
export { attachUprobeMulti, type UprobeMultiOptions, type UprobeMultiPlaces } from "./src/link/mod.ts";
export { cleanupProbes, listProbes, type ProbeInfo, type ProbeKind } from "./src/link/mod.ts";
export { attachUsdt, listUsdt, UsdtAttachment, type UsdtMap, type UsdtOptions } from "./src/link/mod.ts";
export type { UsdtProbe, UsdtProbePlace } from "./src/link/mod.ts";
export { attachPerfEvent, PerfEventAttachment } from "./src/link/mod.ts";
export type {
  HardwareEvent,
  PerfEvent,
  PerfEventOptions,
  PerfEventRate,
  SoftwareEvent,
} from "./src/link/mod.ts";
export { attachIterator, type CgroupOrder, IteratorLink, type IteratorOptions } from "./src/link/mod.ts";
export { attachXdp, type XdpMode, type XdpOptions } from "./src/link/mod.ts";
export { attachNetkit, attachTcx, type NetkitEnd, type TcxDirection } from "./src/link/mod.ts";
export type { Anchor, AnchorTarget, DeviceProgramOptions } from "./src/link/mod.ts";
export { attachTc, cleanupTc, listTc, removeTc, type TcAttachment, type TcOptions } from "./src/link/mod.ts";
export type { PlacedTcFilter, TcFilter, TcProcess } from "./src/link/mod.ts";
export { attachLwt, attachSeg6Local, type LwtPrograms, type LwtRoute } from "./src/link/mod.ts";
export { attachLirc } from "./src/link/mod.ts";
export { attachNetfilter, type NetfilterHook, type NetfilterOptions } from "./src/link/mod.ts";
export { attachCgroup, type CgroupHook, type CgroupMode, type CgroupOptions } from "./src/link/mod.ts";
export { attachNetns, type Netns } from "./src/link/mod.ts";
export { attachSockmap, type SockmapAttachType, type SockmapOptions } from "./src/link/mod.ts";
export { attachReuseport, attachSocketFilter, type SocketTarget } from "./src/link/mod.ts";
export { type Frame, PacketSocket, packetSocket, type SockmapTarget } from "./src/link/mod.ts";
export {
  type AttachedProgram,
  type AttachedPrograms,
  queryPrograms,
  type QueryTarget,
} from "./src/link/mod.ts";

// Codecs: typed values and their bytes
export type { Bits, Codec, Infer, LpmKey, StructCodec, StructField, StructOptions } from "./src/codec/mod.ts";
export { bool, i16, i32, i64, i8, u16, u32, u53, u64, u8 } from "./src/codec/mod.ts";
export { be16, be32, be64, i128, le16, le32, le64, u128 } from "./src/codec/mod.ts";
export { char, cstr, enumOf, f32, f64 } from "./src/codec/mod.ts";
export { arrayOf, bits, bytes, lazyReader, rest, struct, tagged, union } from "./src/codec/mod.ts";
export {
  type PlacedBits,
  type PlacedField,
  placedStruct,
  type PlacedStructOptions,
} from "./src/codec/mod.ts";
export type { Tagged, TaggedOptions, TaggedStructs, UnknownTagged } from "./src/codec/mod.ts";
export { ipv4, ipv4Prefix, ipv6, ipv6Prefix, lpmBytes, mac } from "./src/codec/mod.ts";
export { bootTime, monotonicTime } from "./src/kernel/mod.ts";

// Facts of the running kernel
export { dateOfBootTime, possibleCpus } from "./src/kernel/mod.ts";

// Errors
export {
  BtfError,
  BytecodeError,
  ClosedError,
  CompileError,
  ElfError,
  IterationError,
  KindError,
  LayoutError,
  MapFullError,
  NotFoundError,
  NotSupportedError,
  ParseError,
  PermissionError,
  SyscallError,
  VerifierError,
  VmError,
  WaggleError,
} from "./src/errors.ts";
export type {
  CompileErrorDetail,
  ParseErrorDetail,
  SyscallErrorDetail,
  VerifierErrorDetail,
  VmErrorDetail,
} from "./src/errors.ts";
