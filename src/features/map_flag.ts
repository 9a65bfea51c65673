/**
 * Flags of maps.
 *
 * @module
 */
import type { MapFlag, MapType } from "../map/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { attemptMap, type MapAddition } from "./_map.ts";
import { checkName, probe } from "./_probe.ts";

/** A flag of new maps. `BPF_F_PATH_FD` has its number among theirs, but is for pins. */
export type ProbedMapFlag = Exclude<MapFlag, "path_fd">;

interface FlagProbe extends Omit<MapAddition, "flags"> {
  /** Of the types that take the flag, the one that came first. */
  readonly type: MapType;
  readonly since: string;
}

/** No descriptor, so that a kernel that looks at the field says `EBADF`. */
const NONE = 0xffff_ffff;

const PROBES: Readonly<Record<ProbedMapFlag, FlagProbe>> = {
  no_prealloc: { type: "hash", since: "4.6" },
  no_common_lru: { type: "lru_hash", since: "4.10" },
  numa_node: { type: "hash", since: "4.14" },
  rdonly: { type: "array", since: "4.15" },
  wronly: { type: "array", since: "4.15" },
  stack_build_id: { type: "stack_trace", since: "4.17", fields: { value_size: 32 } }, // struct bpf_stack_build_id
  zero_seed: { type: "hash", since: "5.0" },
  rdonly_prog: { type: "array", since: "5.2" },
  wronly_prog: { type: "array", since: "5.2" },
  clone: { type: "sk_storage", since: "5.4" },
  mmapable: { type: "array", since: "5.5" },
  preserve_elems: { type: "perf_event_array", since: "5.10" },
  inner_map: { type: "array", since: "5.10" },
  link: { type: "struct_ops", since: "6.4" },
  vtype_btf_obj_fd: {
    type: "struct_ops",
    since: "6.9",
    fields: { btf_vmlinux_value_type_id: 1, value_type_btf_obj_fd: NONE },
    proof: [ERRNO.EBADF],
  },
  token_fd: { type: "array", since: "6.9", fields: { map_token_fd: NONE }, proof: [ERRNO.EBADF] },
  segv_on_fault: { type: "arena", since: "6.9" },
  no_user_conv: { type: "arena", since: "6.9" },
};

/** Every flag of maps that can be asked about, in the kernel's order. */
export const MAP_FLAGS: readonly ProbedMapFlag[] = Object.keys(BPF_MAP_FLAG)
  .map((name) => name.toLowerCase() as MapFlag)
  .filter((flag) => flag !== "path_fd");

/**
 * Whether the kernel knows a flag of maps. Creates a map with it, of the type that it came for.
 *
 * @example
 * ```ts ignore
 * import { probeMapFlag } from "@waggle/ebpf/features";
 *
 * const { state } = probeMapFlag("mmapable"); // "absent" before Linux 5.5
 * ```
 *
 * @throws {TypeError} There is no such flag.
 */
export function probeMapFlag(flag: ProbedMapFlag): FeatureAnswer {
  checkName("map flag", flag, MAP_FLAGS);
  const { type, since, ...addition } = PROBES[flag];
  const flags = BPF_MAP_FLAG[flag.toUpperCase() as keyof typeof BPF_MAP_FLAG];
  return probe(
    { feature: `map flag "${flag}"`, since },
    ["CAP_BPF", "CAP_NET_ADMIN"],
    () => attemptMap(type, { ...addition, flags }),
  );
}
