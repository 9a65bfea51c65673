/**
 * Values of the attachments of programs to cgroups.
 *
 * @module
 */
import { type Codec, u32, u64 } from "../codec/mod.ts";
import { type AttachType, attachTypeName, attachTypeNumber } from "../program/mod.ts";
import { inodeNumber } from "../sys/mod.ts";
import { Elements, updateFlags, type UpdateOptions } from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import { ReadableMap } from "./keyed.ts";
import type { MapKind, MapType } from "./kind.ts";
import { perCpu } from "./per_cpu.ts";

/** An attachment of a program to a cgroup (`struct bpf_cgroup_storage_key`). */
export interface CgroupAttachment {
  /** The path of the cgroup's directory, or its id; an id when read. */
  readonly cgroup: string | bigint;
  /** Where in it. Not in maps whose keys are cgroups alone. */
  readonly attachType?: AttachType;
}

/** `struct bpf_cgroup_storage_key`, with its padding. */
const KEY_SIZE = 16;

/**
 * Values that belong to the attachment of a program to a cgroup (`bpf_get_local_storage`). They come with it and go with
 * the cgroup; before Linux 5.9 with the attachment.
 *
 * @typeParam V A value; in per-CPU maps an array with one value for each possible CPU.
 */
export class CgroupStorageMap<V> extends ReadableMap<CgroupAttachment, V> {
  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle, new Elements(handle, attachmentKey(handle.facts.keySize), value));
  }

  /**
   * Sets the value of an attachment that there is, or was.
   *
   * @throws {NotFoundError} No program that uses the map was attached there.
   */
  set(attachment: CgroupAttachment, value: V, options?: Pick<UpdateOptions, "lock">): this {
    this.elements.set(attachment, value, updateFlags({ ...options, mode: "exist" }));
    return this;
  }
}

/** The id of a cgroup is the inode number of its directory (`cgroup_id`, on machines of 64 bits). */
function attachmentKey(size: number): Codec<CgroupAttachment> {
  return {
    size,
    align: 8,
    type: "struct bpf_cgroup_storage_key",
    read(view, at) {
      const cgroup = u64.read(view, at);
      return size < KEY_SIZE
        ? { cgroup }
        : { cgroup, attachType: attachTypeName(u32.read(view, at + 8)) as AttachType };
    },
    write(view, at, { cgroup, attachType }) {
      u64.write(view, at, typeof cgroup === "string" ? inodeNumber(cgroup) : cgroup);
      if (size < KEY_SIZE) return;
      u32.write(view, at + 8, attachTypeOf(attachType));
      u32.write(view, at + 12, 0);
    },
  };
}

function attachTypeOf(name: AttachType | undefined): number {
  if (name !== undefined) return attachTypeNumber(name);
  throw new TypeError(
    "Cannot find an attachment to a cgroup: its attachType is missing: it is cgroup_inet_egress, for instance",
  );
}

/** Values of attachments (`BPF_MAP_TYPE_CGROUP_STORAGE`); {@linkcode cgrpStorage} is what newer kernels have. Since Linux 4.19. */
export function cgroupStorage<V>(value: Codec<V>): MapKind<CgroupStorageMap<V>>;
/** Such maps that exist, with values as their BTF has them. */
export function cgroupStorage(): MapKind<CgroupStorageMap<UntypedValue>>;
export function cgroupStorage<V>(value?: Codec<V>): MapKind<CgroupStorageMap<V>> {
  return kind("cgroup_storage", value, (handle) => handle.value(value));
}

/** Those with a value for each CPU (`BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE`). Since Linux 4.20. */
export function perCpuCgroupStorage<V>(value: Codec<V>): MapKind<CgroupStorageMap<V[]>>;
/** Such maps that exist, with values as their BTF has them. */
export function perCpuCgroupStorage(): MapKind<CgroupStorageMap<UntypedValue[]>>;
export function perCpuCgroupStorage<V>(value?: Codec<V>): MapKind<CgroupStorageMap<V[]>> {
  return kind("percpu_cgroup_storage", value, (handle) => perCpu(handle.value(value), handle.cpus));
}

function kind<V>(
  type: MapType,
  value: Codec<unknown> | undefined,
  stored: (handle: MapHandle) => Codec<V>,
): MapKind<CgroupStorageMap<V>> {
  return {
    types: [type],
    keySize: [KEY_SIZE, 8],
    valueSize: value?.size,
    value,
    open: (handle) => new CgroupStorageMap(handle, stored(handle)),
  };
}
