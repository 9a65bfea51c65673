/**
 * What the kernel knows about links to many places.
 *
 * @module
 */
import { allocate, type Attr, type Descriptor, objInfo } from "../sys/mod.ts";
import { LINK_INFO } from "../uapi/mod.ts";
import { named } from "./_info_text.ts";

/** What the kernel knows about a link to many functions of the kernel, since Linux 6.6. */
export interface KprobeMultiInfo {
  /** The type of link. */
  readonly type: "kprobe_multi";
  /** How many functions it is attached to. */
  readonly count: number;
  /** Those functions, in no particular order. */
  readonly places: readonly KprobeMultiPlace[];
  /** `BPF_F_KPROBE_MULTI_…`. */
  readonly flags: number;
  /** How often the program did not run because one ran already. */
  readonly missed: bigint;
}

/** A function that such a link is attached to. */
export interface KprobeMultiPlace {
  /** Where it is in memory; 0 where the process may not know (`kptr_restrict`). */
  readonly address: bigint;
  /** What `bpf_get_attach_cookie()` returns there. Since Linux 6.9; 0 before. */
  readonly cookie: bigint;
}

/** What the kernel knows about a link to many places of a program or library, since Linux 6.8. */
export interface UprobeMultiInfo {
  /** The type of link. */
  readonly type: "uprobe_multi";
  /** The program or library. */
  readonly path: string;
  /** How many places it is attached to. */
  readonly count: number;
  /** Those places, in the order that they were given in. */
  readonly places: readonly UprobeMultiPlace[];
  /** `BPF_F_UPROBE_MULTI_…`. */
  readonly flags: number;
  /** The process; 0 for all. */
  readonly pid: number;
}

/** A place that such a link is attached to. */
export interface UprobeMultiPlace {
  /** In bytes from the start of the file. */
  readonly offset: number;
  /** Where the counter is that the kernel raises, in bytes from the start of the file; 0 for none. */
  readonly refCounterOffset: number;
  /** What `bpf_get_attach_cookie()` returns there. */
  readonly cookie: bigint;
}

type Info = Attr<typeof LINK_INFO>;

/** Reads what there is about a link of type `kprobe_multi`. */
export function kprobeMultiInfo(link: Descriptor, info: Info): KprobeMultiInfo {
  const count = info.get("kprobe_multi.count");
  const [addresses, cookies] = lists(link, "kprobe_multi.count", count, [
    "kprobe_multi.addrs",
    "kprobe_multi.cookies",
  ]);
  return {
    type: "kprobe_multi",
    count,
    places: Array.from({ length: count }, (_, i) => ({
      address: addresses?.[i] ?? 0n,
      cookie: cookies?.[i] ?? 0n,
    })),
    flags: info.get("kprobe_multi.flags"),
    missed: info.get64("kprobe_multi.missed"),
  };
}

/** Reads what there is about a link of type `uprobe_multi`. */
export function uprobeMultiInfo(link: Descriptor, info: Info): UprobeMultiInfo {
  const count = info.get("uprobe_multi.count");
  const [offsets, counters, cookies] = lists(link, "uprobe_multi.count", count, [
    "uprobe_multi.offsets",
    "uprobe_multi.ref_ctr_offsets",
    "uprobe_multi.cookies",
  ]);
  return {
    type: "uprobe_multi",
    path: named(link, "uprobe_multi.path", "uprobe_multi.path_size"),
    count,
    places: Array.from({ length: count }, (_, i) => ({
      offset: Number(offsets?.[i] ?? 0n),
      refCounterOffset: Number(counters?.[i] ?? 0n),
      cookie: cookies?.[i] ?? 0n,
    })),
    flags: info.get("uprobe_multi.flags"),
    pid: info.get("uprobe_multi.pid"),
  };
}

/** Arrays that the kernel writes to buffers of the caller's; how long they are it has said before. */
function lists(
  link: Descriptor,
  counter: "kprobe_multi.count" | "uprobe_multi.count",
  count: number,
  pointers: readonly (keyof typeof LINK_INFO["fields"])[],
): BigUint64Array[] {
  if (count === 0) return [];
  const buffers = pointers.map(() => allocate(count * BigUint64Array.BYTES_PER_ELEMENT));
  objInfo(link, LINK_INFO, {
    [counter]: count,
    ...Object.fromEntries(pointers.map((pointer, i) => [pointer, buffers[i]])),
  });
  return buffers.map(({ buffer }) => new BigUint64Array(buffer, 0, count));
}
