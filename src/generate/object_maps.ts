/**
 * Maps of an object as kinds of maps, with their keys and values typed.
 *
 * @module
 */
import type { MapSpec } from "../spec/mod.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { Expression } from "./expression.ts";
import type { ObjectTypes, Written } from "./object_types.ts";

/** What a map is in TypeScript. */
export interface WrittenMap {
  /** The class that it is used by, with its arguments. */
  readonly type: string;
  /** `undefined` where it can only be described and pinned. */
  readonly kind: Expression | undefined;
}

type Part = "key" | "value" | "event";

/** A kind of map of the library. */
interface Kind {
  readonly function: string;
  /** What the function is given. */
  readonly codecs: readonly Part[];
  readonly class: string;
  /** What the class is given: codecs by their names, and text as it is; `[]` for a list of values. */
  readonly types: readonly (Part | "value[]" | "number" | "string" | "bigint")[];
}

/** Of a frame in stacks: an address, or a `struct bpf_stack_build_id`. */
const ADDRESS_SIZE = 8;
const BUILD_ID_SIZE = 32;

const TYPE = BPF_MAP_TYPE;
const PAIR = { codecs: ["key", "value"], types: ["key", "value"] } as const;
const VALUE = { codecs: ["value"], types: ["value"] } as const;
const EVENT = { codecs: ["event"], types: ["event"] } as const;
const PLAIN = { codecs: [], types: [] } as const;

const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [TYPE.HASH, { function: "hash", class: "HashMap", ...PAIR }],
  [TYPE.LRU_HASH, { function: "lruHash", class: "HashMap", ...PAIR }],
  [TYPE.PERCPU_HASH, { function: "perCpuHash", class: "PerCpuHashMap", ...PAIR }],
  [TYPE.LRU_PERCPU_HASH, { function: "lruPerCpuHash", class: "PerCpuHashMap", ...PAIR }],
  [TYPE.LPM_TRIE, { function: "lpmTrie", class: "LpmTrie", ...PAIR }],
  [TYPE.ARRAY, { function: "array", class: "PlainArrayMap", ...VALUE }],
  [TYPE.PERCPU_ARRAY, { function: "perCpuArray", class: "PerCpuArrayMap", ...VALUE }],
  [TYPE.QUEUE, { function: "queue", class: "QueueMap", ...VALUE }],
  [TYPE.STACK, { function: "stack", class: "QueueMap", ...VALUE }],
  [TYPE.BLOOM_FILTER, { function: "bloomFilter", class: "BloomFilter", ...VALUE }],
  [TYPE.RINGBUF, { function: "ring", class: "RingBuffer", ...EVENT }],
  [TYPE.USER_RINGBUF, { function: "userRing", class: "UserRingBuffer", ...EVENT }],
  [TYPE.PERF_EVENT_ARRAY, { function: "perfBuffer", class: "PerfBuffer", ...EVENT }],
  [TYPE.STACK_TRACE, { function: "stackTrace", class: "StackTraceMap", codecs: [], types: ["bigint"] }],
  [TYPE.PROG_ARRAY, { function: "programArray", class: "ProgramArray", ...PLAIN }],
  [TYPE.CGROUP_ARRAY, { function: "cgroupArray", class: "CgroupArray", ...PLAIN }],
  [TYPE.DEVMAP, { function: "devMap", class: "DeviceMap", ...PLAIN }],
  [TYPE.DEVMAP_HASH, { function: "devMapHash", class: "DeviceMap", ...PLAIN }],
  [TYPE.CPUMAP, { function: "cpuMap", class: "CpuMap", ...PLAIN }],
  [TYPE.XSKMAP, { function: "xskMap", class: "XskMap", ...PLAIN }],
  [TYPE.SOCKMAP, { function: "sockMap", class: "SocketMap", codecs: [], types: ["number"] }],
  [TYPE.SOCKHASH, { function: "sockHash", class: "SocketMap", codecs: ["key"], types: ["key"] }],
  [TYPE.REUSEPORT_SOCKARRAY, {
    function: "reuseportArray",
    class: "SocketMap",
    codecs: [],
    types: ["number"],
  }],
  [TYPE.CGROUP_STORAGE, { function: "cgroupStorage", class: "CgroupStorageMap", ...VALUE }],
  [TYPE.PERCPU_CGROUP_STORAGE, {
    function: "perCpuCgroupStorage",
    class: "CgroupStorageMap",
    codecs: ["value"],
    types: ["value[]"],
  }],
  [TYPE.SK_STORAGE, {
    function: "skStorage",
    class: "StorageMap",
    codecs: ["value"],
    types: ["number", "value"],
  }],
  [TYPE.TASK_STORAGE, {
    function: "taskStorage",
    class: "StorageMap",
    codecs: ["value"],
    types: ["number", "value"],
  }],
  [TYPE.INODE_STORAGE, {
    function: "inodeStorage",
    class: "StorageMap",
    codecs: ["value"],
    types: ["string", "value"],
  }],
  [TYPE.CGRP_STORAGE, {
    function: "cgrpStorage",
    class: "StorageMap",
    codecs: ["value"],
    types: ["string", "value"],
  }],
  [TYPE.ARENA, { function: "arena", class: "Arena", ...PLAIN }],
  [TYPE.STRUCT_OPS, { function: "structOps", class: "StructOpsMap", ...PLAIN }],
]);

/** The classes that maps are used by. */
export const MAP_CLASSES: readonly string[] = [
  ...[...KINDS.values()].map((kind) => kind.class),
  ...["BpfMap", "BuildIdFrame", "MapOfMaps"],
];

/** Not of maps whose sizes are said by whoever loads the object. */
function hasSizes({ keySize, valueSize, keyTypeId, valueTypeId }: MapSpec, { codecs }: Kind): boolean {
  return (!codecs.includes("key") || keyTypeId !== 0 || keySize > 0) &&
    (!codecs.includes("value") || valueTypeId !== 0 || valueSize > 0);
}

/** Writes maps with the types of an object. */
export class ObjectMapWriter {
  readonly #types: ObjectTypes;
  readonly #events: Readonly<Record<string, number>>;

  /** `events` are the ids of the types of events, by the names of the buffers. */
  constructor(types: ObjectTypes, events: Readonly<Record<string, number>>) {
    this.#types = types;
    this.#events = events;
  }

  /** What a map is. */
  write(map: MapSpec): WrittenMap {
    if (map.type === TYPE.ARRAY_OF_MAPS || map.type === TYPE.HASH_OF_MAPS) return this.#ofMaps(map);
    const kind = KINDS.get(map.type);
    if (!kind || !hasSizes(map, kind)) return this.#plain();
    const parts = new Map<string, Written | undefined>();
    for (const part of kind.codecs) parts.set(part, this.#part(map, part));
    const stacks = map.type === TYPE.STACK_TRACE;
    const buildId = stacks && (map.flags & BPF_MAP_FLAG.STACK_BUILD_ID) !== 0;
    const depth = String(map.valueSize / (buildId ? BUILD_ID_SIZE : ADDRESS_SIZE));
    const types = buildId
      ? [this.#types.codec("type BuildIdFrame").slice("type ".length)]
      : kind.types.map((type) => {
        const part = type.replace("[]", "");
        if (!kind.codecs.includes(part as Part)) return type;
        const written = parts.get(part)?.type.join("\n") ?? "Uint8Array";
        return type === part ? written : `${written}[]`;
      });
    this.#types.codec(`type ${kind.class}`);
    return {
      type: types.length > 0 ? `${kind.class}<${types.join(", ")}>` : kind.class,
      kind: {
        call: this.#types.codec(buildId ? "buildIdStackTrace" : kind.function),
        args: stacks
          ? [{ object: [["depth", depth]] }]
          : kind.codecs.flatMap((part) => parts.get(part)?.codec ?? []),
      },
    };
  }

  #plain(): WrittenMap {
    this.#types.codec("type BpfMap");
    return { type: "BpfMap", kind: undefined };
  }

  #ofMaps(map: MapSpec): WrittenMap {
    const inner = map.inner && this.write(map.inner);
    if (!inner?.kind) return this.#plain();
    this.#types.codec("type MapOfMaps");
    const byIndex = map.type === TYPE.ARRAY_OF_MAPS;
    const key = byIndex ? undefined : this.#part(map, "key");
    return {
      type: `MapOfMaps<${key?.type.join("\n") ?? "number"}, ${inner.type}>`,
      kind: {
        call: this.#types.codec(byIndex ? "arrayOfMaps" : "hashOfMaps"),
        args: [...key ? [key.codec] : [], inner.kind],
      },
    };
  }

  /** Bytes where there is no type; nothing for events of which none is known. */
  #part({ name, keySize, valueSize, keyTypeId, valueTypeId }: MapSpec, part: Part): Written | undefined {
    if (part === "event") {
      const id = this.#events[name] ?? valueTypeId;
      return id === 0 ? undefined : this.#types.write(id);
    }
    const [id, size] = part === "key" ? [keyTypeId, keySize] : [valueTypeId, valueSize];
    return id === 0 ? this.#types.bytes(size) : this.#types.write(id);
  }
}
