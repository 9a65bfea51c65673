/**
 * New maps.
 *
 * @module
 */
import { addMapTypes, BtfBuilder, type SpecialField } from "../btf/core.ts";
import { NotSupportedError, SyscallError } from "../errors.ts";
import { closest, raisedMemlock } from "../kernel/mod.ts";
import { btfLoad, type Descriptor, errorName, mapCreate, objectName } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { explainCreate } from "./explain.ts";
import { KernelMapHandle } from "./handle.ts";
import { firstSize, type MapKind, mapTypeNumber } from "./kind.ts";
import type { BpfMap } from "./map.ts";

/** A flag of a new map as the kernel names it, in lower case: `no_prealloc`, `mmapable`, `rdonly_prog`. */
export type MapFlag = Lowercase<keyof typeof BPF_MAP_FLAG>;

/** Options of {@linkcode createMap}. */
export interface CreateMapOptions {
  /**
   * How many elements fit; in ring buffers the size in bytes, a power of two and whole pages; in arenas, pages. Kinds
   * whose number of elements follows from something else need none.
   */
  readonly maxEntries?: number;
  /** For messages, and up to 15 bytes of it for tools such as bpftool. */
  readonly name?: string;
  /** `BPF_F_…` of `BPF_MAP_CREATE`. */
  readonly flags?: readonly MapFlag[];
  /** The NUMA node to allocate on (`BPF_F_NUMA_NODE`). Since Linux 4.14. */
  readonly numaNode?: number;
}

/**
 * Creates a map (`BPF_MAP_CREATE`). It lives until it is closed, or for as long as a program or a pin uses it.
 *
 * @example Count by process id
 * ```ts ignore
 * import { createMap, hash, u32, u64 } from "@waggle/ebpf";
 *
 * using counts = createMap(hash(u32, u64), { name: "counts", maxEntries: 1024 });
 * counts.set(1, 5n);
 * ```
 *
 * @throws {PermissionError} The process lacks `CAP_BPF`.
 * @throws {NotSupportedError} The kernel has no maps of this type.
 * @throws {RangeError} A size that no map of this type can have.
 * @throws {TypeError} The kind does not say what keys and values are, or there is no such flag.
 * @throws {SyscallError} The kernel refuses for another reason.
 */
export function createMap<M extends BpfMap>(kind: MapKind<M>, options: CreateMapOptions = {}): M {
  const plan = newMap(kind, options);
  const { creation = {} } = kind;
  using inner = creation.inner?.();
  const { typed, special } = creation;
  using types = typed || special ? localTypes(plan.keySize, plan.valueSize, special) : undefined;
  using undo = new DisposableStack();
  const descriptor = undo.use(createMapDescriptor({
    ...plan,
    ...(inner && { innerMap: inner.descriptor }),
    ...(types && { types }),
  }));
  const map = kind.open(new KernelMapHandle(descriptor, kind, { name: plan.name }));
  undo.move();
  return map;
}

/**
 * What a map of a kind is made by.
 *
 * @throws {TypeError} The kind does not say what keys and values are, or there is no such flag.
 */
export function newMap(kind: MapKind<BpfMap>, options: CreateMapOptions): NewMap {
  const { name = "", numaNode } = options;
  const [keySize, valueSize] = [firstSize(kind.keySize), firstSize(kind.valueSize)];
  if (keySize === undefined || valueSize === undefined) {
    throw new TypeError(`Cannot create map "${name}": its kind has no codecs: give them to ${kind.types[0]}`);
  }
  const { creation = {} } = kind;
  const flags = [...options.flags ?? [], ...(numaNode === undefined ? [] : ["numa_node"] as const)];
  return {
    type: mapTypeNumber(kind.types[0]),
    name,
    keySize,
    valueSize,
    maxEntries: options.maxEntries ?? creation.maxEntries?.() ?? 0,
    flags: flags.reduce((sum, flag) => sum | flagNumber(flag, name), creation.flags ?? 0),
    ...(creation.extra !== undefined && { mapExtra: creation.extra }),
    ...(numaNode !== undefined && { numaNode }),
  };
}

function flagNumber(flag: MapFlag, map: string): number {
  const number: number | undefined = BPF_MAP_FLAG[flag.toUpperCase() as keyof typeof BPF_MAP_FLAG];
  if (number !== undefined) return number;
  const known = Object.keys(BPF_MAP_FLAG).map((name) => name.toLowerCase());
  throw new TypeError(`Cannot create map "${map}": there is no flag "${flag}"${closest(flag, known)}`);
}

/** All that the kernel can be told about a new map. */
export interface NewMap {
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** For messages. */
  readonly name: string;
  /** The name for the kernel where it is another than in messages. */
  readonly kernelName?: string;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes; of one CPU's value in per-CPU maps. */
  readonly valueSize: number;
  /** How many elements fit. */
  readonly maxEntries: number;
  /** `BPF_F_…`. */
  readonly flags: number;
  /** Meaning depends on the type. */
  readonly mapExtra?: bigint;
  /** The NUMA node to allocate on. */
  readonly numaNode?: number;
  /** A map like those that a map of maps is to hold. */
  readonly innerMap?: Descriptor;
  /** The type of the value in the kernel's BTF, or in that of a module: for struct_ops. */
  readonly kernelValueType?: { readonly id: number; readonly module: Descriptor | undefined };
  /** What allows the process to create it, where it lacks the capability. */
  readonly token?: Descriptor;
  /** The BTF that the types of key and value are in, by id. */
  readonly types?: { readonly btf: Descriptor; readonly keyTypeId: number; readonly valueTypeId: number };
}

const MAX_U32 = 0xffff_ffff;

/** Creates a map as the kernel is told to, and explains where it refuses. */
export function createMapDescriptor(map: NewMap): Descriptor {
  const what = `map "${map.name}"`;
  for (const field of ["keySize", "valueSize", "maxEntries"] as const) {
    const value = map[field];
    if (!Number.isInteger(value) || value < 0 || value > MAX_U32) {
      throw new RangeError(`Cannot create ${what}: ${field} ${value} is not an integer from 0 to ${MAX_U32}`);
    }
  }
  try {
    return create(what, {
      map_type: map.type,
      key_size: map.keySize,
      value_size: map.valueSize,
      max_entries: map.maxEntries,
      map_flags: flagsOf(map),
      map_name: objectName(map.kernelName ?? map.name),
      map_extra: map.mapExtra ?? 0n,
      numa_node: map.numaNode ?? 0,
      btf_fd: map.types?.btf.fd ?? 0,
      btf_key_type_id: map.types?.keyTypeId ?? 0,
      btf_value_type_id: map.types?.valueTypeId ?? 0,
      inner_map_fd: map.innerMap?.fd ?? 0,
      btf_vmlinux_value_type_id: map.kernelValueType?.id ?? 0,
      value_type_btf_obj_fd: map.kernelValueType?.module?.fd ?? 0,
      map_token_fd: map.token?.fd ?? 0,
    });
  } catch (error) {
    throw error instanceof SyscallError ? explainCreate(error, map) : error;
  }
}

/** Where the kernel says `EPERM` for want of memory that may be locked (`bpf_map_charge_init`), tries again with more. */
function create(what: string, fields: Parameters<typeof mapCreate>[1]): Descriptor {
  try {
    return mapCreate(what, fields);
  } catch (error) {
    if (!(error instanceof SyscallError) || !raisedMemlock(error.errno)) throw error;
    return mapCreate(what, fields);
  }
}

function flagsOf({ flags, token, kernelValueType }: NewMap): number {
  return flags | (token ? BPF_MAP_FLAG.TOKEN_FD : 0) |
    (kernelValueType?.module ? BPF_MAP_FLAG.VTYPE_BTF_OBJ_FD : 0);
}

/** Types in the kernel. */
interface LocalTypes extends Disposable {
  readonly btf: Descriptor;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** Types of key and value, of which nothing but sizes and a special field is known. */
function localTypes(keySize: number, valueSize: number, special: SpecialField | undefined): LocalTypes {
  const builder = new BtfBuilder();
  const types = addMapTypes(builder, keySize, valueSize, special);
  const bytes = builder.encode();
  const { btf, errno } = btfLoad({ btf: bytes, btf_size: bytes.length });
  if (!btf) {
    throw new NotSupportedError(`Cannot load BTF for a map (${errorName(errno)}): this kernel has none`);
  }
  return { btf, ...types, [Symbol.dispose]: () => btf.close() };
}
