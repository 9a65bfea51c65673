/**
 * The maps of an object.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { libbpfMapName } from "../elf/mod.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../errors.ts";
import { closest, possibleCpus } from "../kernel/mod.ts";
import { type Arena, arena, ArenaMemory, type BpfMap, createMapDescriptor } from "../map/mod.ts";
import { type NewMap, plainMap, useMap } from "../map/mod.ts";
import type { MapSpec, ObjectSpec } from "../spec/mod.ts";
import { checked, type Descriptor, MapElement, pageSize, removeFile } from "../sys/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import { initialContents } from "./contents.ts";
import { type LoadOptions, optionFor } from "./options.ts";
import { openPinnedMap, PIN_ROOT } from "./pins.ts";
import { type KernelStruct, kernelStruct } from "./struct_ops.ts";

/** Types whose keys and values have no types for the kernel, which refuses them (`bpf_object__create_map` of libbpf). */
const UNTYPED: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE.PERF_EVENT_ARRAY,
  BPF_MAP_TYPE.CGROUP_ARRAY,
  BPF_MAP_TYPE.STACK_TRACE,
  BPF_MAP_TYPE.ARRAY_OF_MAPS,
  BPF_MAP_TYPE.HASH_OF_MAPS,
  BPF_MAP_TYPE.DEVMAP,
  BPF_MAP_TYPE.DEVMAP_HASH,
  BPF_MAP_TYPE.CPUMAP,
  BPF_MAP_TYPE.XSKMAP,
  BPF_MAP_TYPE.SOCKMAP,
  BPF_MAP_TYPE.SOCKHASH,
  BPF_MAP_TYPE.QUEUE,
  BPF_MAP_TYPE.STACK,
  BPF_MAP_TYPE.ARENA,
  BPF_MAP_TYPE.RINGBUF,
  BPF_MAP_TYPE.STRUCT_OPS,
]);

/** Creates the maps of one object. */
export class MapCreator {
  readonly #object: ObjectSpec;
  readonly #name: string;
  readonly #options: LoadOptions;
  readonly #btf: Descriptor | undefined;
  readonly #token: Descriptor | undefined;
  /** The kernel's structs of struct_ops maps, by the map's name. */
  readonly structs: Map<string, KernelStruct> = new Map();
  readonly #pins: string[] = [];

  /** `btf` are the types of the object in the kernel. */
  constructor(
    object: ObjectSpec,
    name: string,
    options: LoadOptions,
    btf: Descriptor | undefined,
    token: Descriptor | undefined,
  ) {
    this.#object = object;
    this.#name = name;
    this.#options = options;
    this.#btf = btf;
    this.#token = token;
  }

  /** Whether the object wants the map at all: those of a section with `?` have to be asked for. */
  wants({ name, autocreate }: MapSpec): boolean {
    return autocreate || (this.#options.only?.includes(name) ?? false);
  }

  /** Creates a map with its contents, opens the one that is pinned, or takes the one given in its place. */
  create(spec: MapSpec): BpfMap {
    const given = optionFor(this.#options.maps, spec.name);
    if (given) return plainMap(given.descriptor.clone(), spec.name);
    if (spec.extra) {
      throw new NotSupportedError(
        `Cannot create map "${spec.name}": its definition goes on with ${spec.extra.length} bytes of unknown meaning`,
      );
    }
    using undo = new DisposableStack();
    const inner = spec.inner && undo.use(createTyped(this.#newMap(spec.inner)));
    const wanted: NewMap = { ...this.#newMap(spec), ...(inner && { innerMap: inner }) };
    const path = this.#pinPath(spec);
    const shared = path === undefined ? undefined : openPinnedMap(path, wanted);
    if (shared) return plainMap(shared, spec.name);

    using map = new DisposableStack();
    const created = map.use(spec.type === BPF_MAP_TYPE.ARENA ? createArena(wanted) : create(wanted));
    this.#fill(created, spec);
    if (path !== undefined) {
      created.pin(path);
      this.#pins.push(path);
    }
    map.move();
    return created;
  }

  /** Removes the pins that were made, for an object that is not loaded in the end. */
  unpin(): void {
    for (const path of this.#pins) removeFile(path);
  }

  #pinPath({ name, pinning, pinPath }: MapSpec): string | undefined {
    if (pinPath !== undefined) return pinPath;
    return pinning === "byName" ? `${this.#options.pinRoot ?? PIN_ROOT}/${name}` : undefined;
  }

  #newMap(spec: MapSpec): NewMap {
    const { keyTypeId, valueTypeId } = spec;
    const typed = this.#btf && valueTypeId !== 0 && !UNTYPED.has(spec.type);
    const struct = spec.structOps && this.#struct(spec);
    return {
      ...spec,
      kernelName: libbpfMapName(spec, this.#name),
      maxEntries: maxEntries(spec),
      ...(typed && this.#btf && { types: { btf: this.#btf, keyTypeId, valueTypeId } }),
      ...(this.#token && { token: this.#token }),
      ...(struct && this.#btf && {
        valueSize: struct.valueType.size,
        kernelValueType: { id: struct.valueType.id, module: struct.module?.descriptor },
        // The kernel wants some BTF of the process's beside the type of its own.
        types: { btf: this.#btf, keyTypeId: 0, valueTypeId: 0 },
      }),
    };
  }

  #struct(spec: MapSpec): KernelStruct | undefined {
    const { btf } = this.#object;
    if (!spec.structOps || !btf) return undefined;
    const struct = this.structs.get(spec.name) ?? kernelStruct(spec, spec.structOps, btf);
    this.structs.set(spec.name, struct);
    return struct;
  }

  #fill(map: BpfMap, spec: MapSpec): void {
    const contents = initialContents(spec, this.#object, this.#options);
    if (contents && spec.arenaData) fillArena(map, contents);
    else if (contents) setElement(map, 0, contents);
    if (spec.frozen) map.freeze();
  }
}

function create(wanted: NewMap): BpfMap {
  return plainMap(createTyped(wanted), wanted.name);
}

/** Programs have the address of an arena in them: where it has none of its own, it is mapped before they are loaded. */
function createArena(wanted: NewMap): Arena {
  const memory = useMap(createTyped(wanted), arena(), { name: wanted.name });
  if (!wanted.mapExtra) memory.address;
  return memory;
}

/** Creates a map with the types of key and value, or without where the kernel does not take them for this type. */
function createTyped(map: NewMap): Descriptor {
  try {
    return createMapDescriptor(map);
  } catch (error) {
    const { types, ...untyped } = map;
    if (!types || types.valueTypeId === 0 || !isRefusal(error)) throw error;
    return createMapDescriptor(untyped);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SyscallError || (error instanceof Error && error.cause instanceof SyscallError);
}

/** The number of elements where it depends on the machine. */
function maxEntries({ type, maxEntries }: MapSpec): number {
  if (type === BPF_MAP_TYPE.PERF_EVENT_ARRAY) return maxEntries === 0 ? possibleCpus() : maxEntries;
  // Sources state sizes for pages of 4 KiB.
  const isRing = type === BPF_MAP_TYPE.RINGBUF || type === BPF_MAP_TYPE.USER_RINGBUF;
  return isRing && maxEntries > 0 ? Math.max(maxEntries, pageSize()) : maxEntries;
}

/** Sets an element of a map with 32-bit keys. */
export function setElement(map: BpfMap, index: number, value: Uint8Array): void {
  const element = new MapElement(map.descriptor, 4, value.length);
  element.key.setUint32(0, index, LITTLE_ENDIAN);
  new Uint8Array(element.value.buffer).set(value);
  checked(element.update(), "bpf(MAP_UPDATE_ELEM)", `set element ${index} of map "${map.name}"`);
}

/** Puts the variables of an arena at its start, where programs have them. */
function fillArena(map: BpfMap, data: Uint8Array): void {
  using memory = new ArenaMemory(map.descriptor, map.info);
  new Uint8Array(memory.buffer).set(data);
}

/**
 * Sets the elements that maps of maps and arrays of programs start with. The places of programs that are not loaded,
 * as they were not asked for or refused, stay empty: a tail call there goes on with the caller.
 *
 * @throws {NotFoundError} An element names a map that was not created.
 */
export function setValues(
  spec: MapSpec,
  kind: "map" | "program",
  map: BpfMap,
  objects: ReadonlyMap<string, { readonly descriptor: Descriptor }>,
): void {
  for (const { index, kind: ofKind, name } of spec.values ?? []) {
    if (ofKind !== kind) continue;
    const object = objects.get(name);
    if (object) setElement(map, index, new Uint8Array(Int32Array.of(object.descriptor.fd).buffer));
    else if (kind === "map") {
      throw new NotFoundError(
        `Cannot fill map "${spec.name}": map "${name}" was not created${closest(name, objects.keys())}`,
      );
    }
  }
}
