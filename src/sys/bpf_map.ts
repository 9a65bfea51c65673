/**
 * The commands of bpf(2) for maps. Single elements: {@linkcode MapElement}.
 *
 * @module
 */
import { native } from "../../ffi/mod.ts";
import { BPF_CMD, MAP_BATCH_ATTR, MAP_CREATE_ATTR, MAP_ELEM_ATTR } from "../uapi/mod.ts";
import { Attr, type Fields } from "./attr.ts";
import { bpf, bpfDescriptor } from "./bpf.ts";
import type { Descriptor } from "./descriptor.ts";

/** `BPF_MAP_CREATE`. `what` names the map in messages: `map "events"`. */
export function mapCreate(what: string, fields: Fields<typeof MAP_CREATE_ATTR>): Descriptor {
  return bpfDescriptor("create", what, "MAP_CREATE", MAP_CREATE_ATTR, fields);
}

/** `BPF_MAP_FREEZE`: no more writes by system calls. Since Linux 5.2. */
export function mapFreeze(map: Descriptor): void {
  bpf(`freeze ${map.what}`, "MAP_FREEZE", new Attr(MAP_ELEM_ATTR, { map_fd: map.fd }));
}

/** The commands that work on many elements at once. Since Linux 5.6. */
export type BatchCommand =
  | "MAP_LOOKUP_BATCH"
  | "MAP_LOOKUP_AND_DELETE_BATCH"
  | "MAP_UPDATE_BATCH"
  | "MAP_DELETE_BATCH";

/** What a batch command did. */
export interface BatchResult {
  /** 0, or `-errno`: `-ENOENT` at the end of the map. */
  readonly result: number;
  /** Number of elements, also where it failed. */
  readonly count: number;
}

/** `BPF_MAP_*_BATCH`. Fails by its result, since an error comes with elements. */
export function mapBatch(command: BatchCommand, fields: Fields<typeof MAP_BATCH_ATTR>): BatchResult {
  const attr = new Attr(MAP_BATCH_ATTR, fields);
  // Not tried again as other commands are: the kernel has put what it did before an EAGAIN into `count`.
  const result = native().bpf(BPF_CMD[command], attr.address, attr.size);
  attr.used();
  return { result, count: attr.get("count") };
}
