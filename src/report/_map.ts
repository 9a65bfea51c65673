/**
 * What is in maps.
 *
 * @module
 */
import { bytes, u32 } from "../codec/mod.ts";
import { WaggleError } from "../errors.ts";
import {
  array,
  type BpfMap,
  hash,
  type MapFacts,
  type MapInfo,
  type MapKind,
  perCpuArray,
  perCpuHash,
  useMap,
} from "../map/mod.ts";
import { formatQuantity } from "../output/mod.ts";
import { EventBuffer, PerfBuffer } from "../ring/mod.ts";
import { ifThere } from "./_files.ts";
import { lookAtRing, type RingLook } from "./_ring.ts";
import type { Finding, MapReport, RingState } from "./parts.ts";

/** `BPF_F_RB_OVERWRITE` of include/uapi/linux/bpf.h, since Linux 6.19: new records take the place of old ones. */
const OVERWRITE = 1 << 19;
/** Of arrays, so many elements are looked at. */
const MOST_ELEMENTS = 1 << 16;

/** A map that is looked at twice. */
export class MapWatch {
  readonly #map: BpfMap;
  readonly #writtenBefore: number;

  /** Looks for the first time. */
  constructor(map: BpfMap) {
    this.#map = map;
    this.#writtenBefore = looked(map)?.written ?? 0;
  }

  /** Looks again. */
  look(): MapLook {
    const map = this.#map;
    const base = { kind: "map", name: map.name } as const;
    if (map.descriptor.closed) {
      const findings = [problem("closed", "the script closed it: nothing can be read from it any more")];
      return {
        id: 0,
        silent: undefined,
        report: { ...base, type: "", maxEntries: 0, entries: undefined, findings },
      };
    }
    const { info } = map;
    const { type, maxEntries } = info;
    const ring = looked(map);
    const count = ring ? undefined : countOf(map, info);
    const report: MapReport = {
      ...base,
      type,
      maxEntries,
      entries: count?.entries,
      ...(ring && { ring: stateOf(ring) }),
      findings: ring ? ringFindings(ring, info, map) : contentFindings(map, info, count),
    };
    const silent = ring
      ? ring.written === this.#writtenBefore
      : count?.output
      ? count.entries === 0
      : undefined;
    return { id: info.id, silent, report };
  }
}

/** A map as it was found. */
export interface MapLook {
  /** The kernel's number; 0 where the map is closed. */
  readonly id: number;
  /**
   * Whether programs put nothing in: in rings since the look began, in others ever; `undefined` where nobody can tell.
   */
  readonly silent: boolean | undefined;
  readonly report: MapReport;
}

function problem(code: Finding["code"], text: string): Finding {
  return { level: "problem", code, text };
}

function unknown(text: string): Finding {
  return { level: "unknown", code: "contents", text };
}

function fact(text: string): Finding {
  return { level: "fact", code: "contents", text };
}

/** `undefined` of other maps, and where the process may not map it, as one that it opened for writing alone. */
function looked(map: BpfMap): RingLook | undefined {
  if (map.descriptor.closed || map.info.type !== "ringbuf") return undefined;
  return ifThere(() => lookAtRing(map.descriptor, map.info.maxEntries));
}

function stateOf({ size, written, read, waiting, records }: RingLook): RingState {
  return { size, written, read, waiting, records };
}

function ringFindings(ring: RingLook, { flags }: MapInfo, map: BpfMap): Finding[] {
  const findings = lostFindings(map);
  if (ring.written === 0) return [fact("no program ever wrote a record"), ...findings];
  const waiting = `${ring.records} ${plural(ring.records, "record")} (${size(ring.waiting)}) ${
    ring.records === 1 ? "waits" : "wait"
  }`;
  findings.unshift(
    fact(`${size(ring.written)} were written, ${size(ring.read)} of these were read`),
  );
  if (ring.busy) {
    findings.push(
      problem(
        "stuck",
        "the next record is reserved and neither submitted nor discarded: those after it are held up",
      ),
    );
  } else if (ring.waiting > 0 && ring.read === 0) {
    findings.push(problem("unread", `${waiting}, and nobody has read any: loop over its events`));
  } else if (ring.waiting > 0) {
    findings.push(fact(`${waiting} to be read`));
  }
  if (ring.full && (flags & OVERWRITE) === 0) {
    findings.push(
      problem(
        "full",
        `there is no room for more in its ${size(ring.size)}: what programs write now is lost: read it ` +
          "sooner, or make it larger",
      ),
    );
  }
  return findings;
}

function lostFindings(map: BpfMap): Finding[] {
  const lost = map instanceof EventBuffer ? map.lost ?? 0 : 0;
  return lost > 0 ? [problem("lost", `${lost} ${plural(lost, "record")} found no room: make it larger`)] : [];
}

function size(value: number): string {
  return formatQuantity(value, "bytes");
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

/** How many elements a map has. */
interface Count {
  readonly entries: number;
  /** Whether programs put elements in, rather than scripts. */
  readonly output: boolean;
}

/** Types whose elements come and go, by how they are listed. */
const HASHES: Readonly<Record<string, (facts: MapFacts) => MapKind<BpfMap & { readonly size: number }>>> = {
  hash: ({ keySize, valueSize }) => hash(bytes(keySize), bytes(valueSize)),
  percpu_hash: ({ keySize, valueSize }) => perCpuHash(bytes(keySize), bytes(valueSize)),
};
const AS_HASH: Readonly<Record<string, { readonly like: string; readonly output: boolean }>> = {
  hash: { like: "hash", output: true },
  lru_hash: { like: "hash", output: true },
  percpu_hash: { like: "percpu_hash", output: true },
  lru_percpu_hash: { like: "percpu_hash", output: true },
  lpm_trie: { like: "hash", output: false },
  hash_of_maps: { like: "hash", output: false },
  devmap_hash: { like: "hash", output: false },
};

function countOf(map: BpfMap, info: MapInfo): Count | undefined {
  try {
    const hashed = AS_HASH[info.type];
    const kind = hashed && HASHES[hashed.like]?.(info);
    if (kind) {
      // Not closed: the descriptor stays that of the map
      return { entries: used(map, info, kind).size, output: hashed.output };
    }
    switch (info.type) {
      case "array":
        return { entries: nonZero(used(map, info, array(bytes(info.valueSize)))), output: true };
      case "percpu_array":
        return { entries: nonZero(used(map, info, perCpuArray(bytes(info.valueSize)))), output: true };
      case "prog_array":
      case "array_of_maps":
        return { entries: filled(map, info), output: false };
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof WaggleError) return undefined; // opened for writing alone, or changed too fast
    throw error;
  }
}

function used<M extends BpfMap>(map: BpfMap, { type }: MapInfo, kind: MapKind<M>): M {
  return useMap(map.descriptor, { ...kind, types: [type as MapKind<M>["types"][0]] }, { name: map.name });
}

function nonZero(values: Iterable<Uint8Array | Uint8Array[]>): number {
  let count = 0;
  let seen = 0;
  for (const value of values) {
    if (seen++ === MOST_ELEMENTS) break;
    const parts = value instanceof Uint8Array ? [value] : value;
    if (parts.some((part) => part.some((byte) => byte !== 0))) count++;
  }
  return count;
}

/** The places of an array of programs or maps that have one; system calls read their numbers. */
function filled(map: BpfMap, info: MapInfo): number {
  const ids = used(map, info, hash(u32, u32));
  let count = 0;
  for (let i = 0; i < Math.min(info.maxEntries, MOST_ELEMENTS); i++) if (ids.has(i)) count++;
  return count;
}

/** The numbers of the programs of an array of programs, by their places. */
export function programIdsIn(map: BpfMap): { readonly index: number; readonly id: number }[] {
  if (map.descriptor.closed || map.info.type !== "prog_array") return [];
  const { info } = map;
  try {
    const ids = used(map, info, hash(u32, u32));
    return Array.from({ length: Math.min(info.maxEntries, MOST_ELEMENTS) }, (_, index) => index)
      .flatMap((index) => {
        const id = ids.get(index);
        return id === undefined ? [] : [{ index, id }];
      });
  } catch (error) {
    if (error instanceof WaggleError) return [];
    throw error;
  }
}

function contentFindings(map: BpfMap, { type, maxEntries }: MapInfo, count: Count | undefined): Finding[] {
  if (type === "perf_event_array") return perfFindings(map);
  if (type === "ringbuf") return [unknown("this process may not look into it")];
  if (!count) return [];
  const { entries } = count;
  const evicts = type.startsWith("lru_");
  switch (type) {
    case "array":
    case "percpu_array":
      return [fact(entries === 0 ? "all elements are 0" : `${entries} of ${maxEntries} elements are not 0`)];
    case "prog_array":
      return entries === 0
        ? [problem("contents", "it has no program: tail calls by it go on in the caller: set() the programs")]
        : [fact(`${entries} of ${maxEntries} places have a program`)];
    default:
      if (entries === 0) return [fact("it is empty")];
      if (entries < maxEntries) return [fact(`${entries} of ${maxEntries} elements`)];
      return [
        evicts ? fact(`full: ${entries} of ${maxEntries} elements: it drops old ones for new ones`) : problem(
          "full",
          `${entries} of ${maxEntries} elements: programs cannot add any (E2BIG): make it larger, remove some, or ` +
            "let it drop old ones (BPF_MAP_TYPE_LRU_HASH)",
        ),
      ];
  }
}

function perfFindings(map: BpfMap): Finding[] {
  const lost = lostFindings(map);
  if (!(map instanceof PerfBuffer)) {
    return [
      unknown(
        "the kernel does not tell who reads a perf buffer: programs lose what they write before it is opened",
      ),
    ];
  }
  const { cpus } = map;
  return cpus.length === 0
    ? [
      problem(
        "unread",
        "nobody opened it: programs lose all that they write: call open(), or loop over its events",
      ),
      ...lost,
    ]
    : [fact(`it is open on ${cpus.length} ${plural(cpus.length, "CPU")}`), ...lost];
}
