/**
 * Maps that are created for a moment to see what the kernel says.
 *
 * @module
 */
import { BtfBuilder, intType } from "../btf/core.ts";
import { SyscallError } from "../errors.ts";
import { raisedMemlock } from "../kernel/mod.ts";
import { type MapType, mapTypeNumber } from "../map/mod.ts";
import { btfLoad, type Descriptor, ERRNO, mapCreate, pageSize } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { failure, type Outcome, outcomeOf } from "./_outcome.ts";

/** Fields of `BPF_MAP_CREATE`. */
export type MapFields = Parameters<typeof mapCreate>[1];

/** The least that the kernel asks of maps of a type. */
interface Shape {
  /** Keys and values of 4 bytes and one element unless given. */
  readonly fields?: MapFields;
  /** Whether the kernel wants BTF of key and value. */
  readonly types?: true;
  /** Whether it is a map of maps. */
  readonly maps?: true;
  /** Error numbers that only a kernel with the type gives. */
  readonly proof?: readonly number[];
}

const NO_KEY = { key_size: 0 } as const;
const RING = { key_size: 0, value_size: 0, max_entries: 0 } as const;
const CGROUP_STORAGE: Shape = { fields: { key_size: 16, value_size: 8, max_entries: 0 } };
const STORAGE: Shape = { types: true, fields: { max_entries: 0, map_flags: BPF_MAP_FLAG.NO_PREALLOC } };

/** By type: `*_map_alloc_check` in kernel/bpf and net. */
const SHAPES: Readonly<Partial<Record<MapType, Shape>>> = {
  stack_trace: { fields: { value_size: 8 } },
  lpm_trie: { fields: { key_size: 8, map_flags: BPF_MAP_FLAG.NO_PREALLOC } },
  array_of_maps: { maps: true },
  hash_of_maps: { maps: true },
  cgroup_storage: CGROUP_STORAGE,
  percpu_cgroup_storage: CGROUP_STORAGE,
  queue: { fields: NO_KEY },
  stack: { fields: NO_KEY },
  bloom_filter: { fields: NO_KEY },
  sk_storage: STORAGE,
  inode_storage: STORAGE,
  task_storage: STORAGE,
  cgrp_storage: STORAGE,
  ringbuf: { fields: RING },
  user_ringbuf: { fields: RING },
  // The first type of vmlinux is not of a struct of functions: bpf_struct_ops_map_alloc
  struct_ops: { fields: { btf_vmlinux_value_type_id: 1 }, proof: [ERRNO.ENOTSUPP] },
  arena: { fields: { key_size: 0, value_size: 0, map_flags: BPF_MAP_FLAG.MMAPABLE } },
  insn_array: { fields: { value_size: 16 } }, // struct bpf_insn_array_value
};

/** What else a map is created with, and what proves that the kernel knows it. */
export interface MapAddition {
  readonly fields?: MapFields;
  /** Flags beside those of the type. */
  readonly flags?: number;
  /** Error numbers that only a kernel gives that knows the addition. */
  readonly proof?: readonly number[];
}

/** Creates a map of a type and lets it go. */
export function attemptMap(type: MapType, addition: MapAddition = {}): Outcome {
  const { fields = {}, types, maps, proof = [] } = SHAPES[type] ?? {};
  const ring = fields === RING ? { max_entries: pageSize() } : {};
  using temporary = new DisposableStack();
  const inner = maps ? temporary.use(create({ map_type: mapTypeNumber("array"), ...ELEMENT })) : undefined;
  const btf = types ? loadedTypes() : undefined;
  if (typeof btf === "number") return failure(btf);
  if (btf) temporary.use(btf);
  return outcomeOf(() =>
    create({
      map_type: mapTypeNumber(type),
      ...ELEMENT,
      ...fields,
      ...ring,
      ...(inner && { inner_map_fd: inner.fd }),
      ...(btf && { btf_fd: btf.fd, btf_key_type_id: 1, btf_value_type_id: 1 }),
      ...addition.fields,
      map_flags: Number(fields.map_flags ?? 0) | (addition.flags ?? 0),
    }), [...proof, ...addition.proof ?? []]);
}

const ELEMENT = { key_size: 4, value_size: 4, max_entries: 1 } as const;

function create(fields: MapFields): Descriptor {
  const attempt = () => mapCreate("a map that is only tried", fields);
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof SyscallError) || !raisedMemlock(error.errno)) throw error;
    return attempt();
  }
}

/** BTF of an `int`; the error number where the kernel takes none. */
function loadedTypes(): Descriptor | number {
  const builder = new BtfBuilder();
  builder.add(intType());
  const bytes = builder.encode();
  const { btf, errno } = btfLoad({ btf: bytes, btf_size: bytes.length });
  return btf ?? errno;
}
