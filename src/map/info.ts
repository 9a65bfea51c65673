/**
 * What the kernel knows about maps.
 *
 * @module
 */
import { listObjects } from "../kernel/mod.ts";
import { type Descriptor, descriptorInfo, objInfo } from "../sys/mod.ts";
import { MAP_INFO } from "../uapi/mod.ts";
import { type MapType, mapTypeName } from "./kind.ts";

/** What never changes about a map (`struct bpf_map_info`). */
export interface MapFacts {
  /** The number that the kernel gave it. */
  readonly id: number;
  /** As the kernel names it, in lower case; `type 99` where this library does not know the number. */
  readonly type: MapType | `type ${number}`;
  /** At most 15 bytes. */
  readonly name: string;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes; of one CPU's value in per-CPU maps. */
  readonly valueSize: number;
  /** How many elements fit. */
  readonly maxEntries: number;
  /** `BPF_F_…`. */
  readonly flags: number;
  /** Meaning depends on the type (`map_extra`). */
  readonly extra: bigint;
  /** The id of the BTF with the types of keys and values; 0 where there is none. */
  readonly btfId: number;
  /** The type of a key in that BTF; 0 where unknown. */
  readonly keyTypeId: number;
  /** The type of a value in that BTF; 0 where unknown. */
  readonly valueTypeId: number;
  /** The type of the value in the kernel's own BTF, in struct_ops maps; 0 in others. */
  readonly kernelValueTypeId: number;
}

/** What the kernel knows about a map (`struct bpf_map_info` and `/proc/self/fdinfo`). */
export interface MapInfo extends MapFacts {
  /** The memory it takes now, in bytes, as the kernel reckons it (`memlock`). */
  readonly memlock: number;
  /** Whether system calls may not write to it any more. */
  readonly frozen: boolean;
  /** What may be put in an array of programs, once it has an owner: programs like that which uses it. Since Linux 4.8. */
  readonly owner?: {
    /** `enum bpf_prog_type`. */
    readonly programType: number;
    /** Whether its programs run as machine code. */
    readonly jited: boolean;
  };
}

/** Reads what never changes. */
export function readFacts(descriptor: Descriptor): MapFacts {
  const info = objInfo(descriptor, MAP_INFO, {});
  return {
    id: info.get("id"),
    type: mapTypeName(info.get("type")),
    name: info.text("name"),
    keySize: info.get("key_size"),
    valueSize: info.get("value_size"),
    maxEntries: info.get("max_entries"),
    flags: info.get("map_flags"),
    extra: info.get64("map_extra"),
    btfId: info.get("btf_id"),
    keyTypeId: info.get("btf_key_type_id"),
    valueTypeId: info.get("btf_value_type_id"),
    kernelValueTypeId: info.get("btf_vmlinux_value_type_id"),
  };
}

/** Reads all there is. */
export function readInfo(descriptor: Descriptor): MapInfo {
  const facts = readFacts(descriptor);
  const lines = new Map(
    descriptorInfo(descriptor).split("\n").map((line): [string, string] => {
      const [name = "", value = ""] = line.split(/:\s*/);
      return [name, value];
    }),
  );
  const owner = lines.get("owner_prog_type");
  return {
    ...facts,
    memlock: Number(lines.get("memlock") ?? 0),
    frozen: lines.get("frozen") === "1",
    ...owner !== undefined && {
      owner: { programType: Number(owner), jited: lines.get("owner_jited") === "1" },
    },
  };
}

/**
 * All maps of the kernel now, by ascending id.
 *
 * @example What takes the most memory
 * ```ts ignore
 * import { listMaps } from "@waggle/ebpf";
 *
 * for (const map of listMaps().sort((a, b) => b.memlock - a.memlock).slice(0, 5)) {
 *   console.log(map.id, map.type, map.name, map.memlock);
 * }
 * ```
 *
 * @throws {PermissionError} The process lacks `CAP_SYS_ADMIN`.
 */
export function listMaps(): MapInfo[] {
  return listObjects("MAP", readInfo);
}
