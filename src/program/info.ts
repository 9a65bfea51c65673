/**
 * What the kernel knows about programs.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { SyscallError } from "../errors.ts";
import { btfOfId, dateOfBootTime, listObjects } from "../kernel/mod.ts";
import { allocate, type Attr, type Descriptor, descriptorInfo, objInfo } from "../sys/mod.ts";
import { PROG_INFO } from "../uapi/mod.ts";
import { type ProgramType, programTypeName } from "./type.ts";

/** What the kernel knows about a program (`struct bpf_prog_info` and `/proc/self/fdinfo`). */
export interface ProgramInfo {
  /** The number that the kernel gave it. */
  readonly id: number;
  /** As the kernel names it, in lower case; `type 99` where this library does not know the number. */
  readonly type: ProgramType | `type ${number}`;
  /** The kernel keeps 15 bytes; longer names come from the program's BTF, where the process may read that. */
  readonly name: string;
  /** 16 hexadecimal digits: a hash of the instructions as they were loaded. */
  readonly tag: string;
  /** The user who loaded it. Since Linux 4.15. */
  readonly createdBy: number;
  /** When it was loaded, in ns since the machine started, sleep included. Since Linux 4.15. */
  readonly loadTime: bigint;
  /** {@linkcode ProgramInfo.loadTime} in the calendar. */
  readonly loadDate: Date;
  /** The maps that it uses, by id. Since Linux 4.15. */
  readonly mapIds: readonly number[];
  /** The id of the BTF with its functions and lines; 0 where there is none. Since Linux 5.0. */
  readonly btfId: number;
  /** Whether its license lets it call what is for the GPL alone. Since Linux 4.18. */
  readonly gplCompatible: boolean;
  /** The index of the network device that it was loaded for; 0 for all. */
  readonly device: number;
  /** Of the instructions after the verifier's rewriting, in bytes; 0 without `CAP_BPF`. */
  readonly translatedSize: number;
  /** Of the machine code, in bytes; 0 where the kernel interprets, and without `CAP_BPF`. */
  readonly machineCodeSize: number;
  /** Whether it was compiled to machine code. Since Linux 4.10. */
  readonly jited: boolean;
  /** How many instructions the verifier looked at. Since Linux 5.16. */
  readonly verifiedInstructions: number;
  /** How often it ran while somebody measured ({@linkcode enableStats}). Since Linux 5.1. */
  readonly runCount: bigint;
  /** How long these runs took together, in ns. Since Linux 5.1. */
  readonly runTime: bigint;
  /** How often it was not run because it was running already on the CPU. Since Linux 5.12. */
  readonly recursionMisses: bigint;
  /** What it was loaded to attach to, a type in {@linkcode ProgramInfo.attachBtfObjectId}; 0 for none. Since Linux 5.18. */
  readonly attachBtfId: number;
  /** The BTF of the kernel, module or program to attach to, by id; 0 for none. Since Linux 5.18. */
  readonly attachBtfObjectId: number;
  /** The memory it takes now, in bytes, as the kernel reckons it (`memlock`). Since Linux 4.10. */
  readonly memlock: number;
}

/** `struct bpf_prog_info` as the kernel fills it where no buffers are given: sizes and numbers. */
export type ProgramFacts = Attr<typeof PROG_INFO>;

/** Reads the struct, without what needs buffers. */
export function readFacts(descriptor: Descriptor): ProgramFacts {
  return objInfo(descriptor, PROG_INFO, {});
}

/** The type of a program; cheaper than all that its info tells. */
export function programTypeOf({ descriptor }: { readonly descriptor: Descriptor }): ProgramInfo["type"] {
  return programTypeName(readFacts(descriptor).get("type"));
}

/** Reads all there is. */
export function readProgramInfo(descriptor: Descriptor): ProgramInfo {
  const facts = readFacts(descriptor);
  const [tagAt, tagSize] = PROG_INFO.fields.tag;
  const loadTime = facts.get64("load_time");
  const info = descriptorInfo(descriptor);
  return {
    id: facts.get("id"),
    type: programTypeName(facts.get("type")),
    name: nameOf(descriptor, facts),
    tag: facts.bytes.subarray(tagAt, tagAt + tagSize).toHex(),
    createdBy: facts.get("created_by_uid"),
    loadTime,
    loadDate: dateOfBootTime(loadTime),
    mapIds: mapIdsOf(descriptor, facts),
    btfId: facts.get("btf_id"),
    gplCompatible: facts.get("gpl_compatible") === 1,
    device: facts.get("ifindex"),
    translatedSize: facts.get("xlated_prog_len"),
    machineCodeSize: facts.get("jited_prog_len"),
    jited: /^prog_jited:\s*1$/m.test(info),
    verifiedInstructions: facts.get("verified_insns"),
    runCount: facts.get64("run_cnt"),
    runTime: facts.get64("run_time_ns"),
    recursionMisses: facts.get64("recursion_misses"),
    attachBtfId: facts.get("attach_btf_id"),
    attachBtfObjectId: facts.get("attach_btf_obj_id"),
    memlock: Number(/^memlock:\s*(\d+)$/m.exec(info)?.[1] ?? 0),
  };
}

function mapIdsOf(descriptor: Descriptor, facts: ProgramFacts): number[] {
  const count = facts.get("nr_map_ids");
  if (count === 0) return [];
  const bytes = allocate(count * 4);
  objInfo(descriptor, PROG_INFO, { nr_map_ids: count, map_ids: bytes });
  return [...new Uint32Array(bytes.buffer, bytes.byteOffset, count)];
}

/** In bytes: `BPF_OBJ_NAME_LEN` less the NUL. */
const LONGEST_NAME = 15;

/** The kernel's name, or where that may be cut off the one of the program's first function in BTF, as in bpftool. */
function nameOf(descriptor: Descriptor, facts: ProgramFacts): string {
  const name = facts.text("name");
  const size = facts.get("func_info_rec_size");
  const btfId = facts.get("btf_id");
  if (name.length < LONGEST_NAME || btfId === 0 || size === 0) return name;
  const record = allocate(size);
  objInfo(descriptor, PROG_INFO, { nr_func_info: 1, func_info_rec_size: size, func_info: record });
  const typeId = new DataView(record.buffer, record.byteOffset).getUint32(4, LITTLE_ENDIAN);
  try {
    const full = btfOfId(btfId).nameOf(typeId);
    return full.startsWith(name) ? full : name;
  } catch (error) {
    if (error instanceof SyscallError) return name; // ids are for CAP_SYS_ADMIN
    throw error;
  }
}

/**
 * All programs of the kernel now, by ascending id. Since Linux 4.13.
 *
 * @example What takes the most time
 * ```ts ignore
 * import { enableStats, listPrograms } from "@waggle/ebpf";
 *
 * {
 *   using _ = enableStats();
 *   await new Promise((done) => setTimeout(done, 1000));
 * }
 * const programs = listPrograms().sort((a, b) => Number(b.runTime - a.runTime));
 * for (const { id, type, name, runTime } of programs.slice(0, 5)) console.log(id, type, name, runTime);
 * ```
 *
 * @throws {PermissionError} The process lacks `CAP_SYS_ADMIN`.
 */
export function listPrograms(): ProgramInfo[] {
  return listObjects("PROG", readProgramInfo);
}
