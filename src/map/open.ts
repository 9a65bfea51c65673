/**
 * Maps that exist already.
 *
 * @module
 */
import { layoutDifference } from "../btf/core.ts";
import type { Codec } from "../codec/mod.ts";
import { LayoutError } from "../errors.ts";
import { openObject } from "../kernel/mod.ts";
import { Descriptor } from "../sys/mod.ts";
import { KernelMapHandle, type MapHandle, type MapOrigin } from "./handle.ts";
import { type MapFacts, readFacts } from "./info.ts";
import type { MapKind, MapSize } from "./kind.ts";
import { BpfMap } from "./map.ts";

/** Where a map is found. */
export type MapSource =
  /** By the number that the kernel gave it. Needs `CAP_SYS_ADMIN`. Since Linux 4.13. */
  | { readonly id: number; readonly access?: MapAccess }
  /** By its name in a BPF file system: `/sys/fs/bpf/counts`. Since Linux 4.4. */
  | { readonly pin: string; readonly access?: MapAccess }
  /** By a descriptor of this process, which stays the caller's. */
  | { readonly fd: number };

/** What the process may do with a map that it opens; both unless given. Since Linux 4.15. */
export type MapAccess = "read" | "write";

/** Maps of any type, to be described, pinned and closed. */
const ANY: MapKind<BpfMap> = {
  types: ["unspec"],
  keySize: undefined,
  valueSize: undefined,
  open: (handle) => new BpfMap(handle),
};

/** Opens a map, to be described, pinned and closed. */
export function openMap(source: MapSource): BpfMap;
/**
 * Opens a map, to be used as one of this kind.
 *
 * @example A map that another tool pinned
 * ```ts ignore
 * import { hash, openMap, u32, u64 } from "@waggle/ebpf";
 *
 * using counts = openMap({ pin: "/sys/fs/bpf/counts" }, hash(u32, u64));
 * console.log(counts.get(1));
 * ```
 *
 * @example Keys and values as the map's BTF has them
 * ```ts ignore
 * import { hash, openMap } from "@waggle/ebpf";
 *
 * using anything = openMap({ id: 17 }, hash());
 * for (const [key, value] of anything) console.log(key, value);
 * ```
 *
 * @throws {NotFoundError} There is no such map.
 * @throws {KindError} It is no map: another kind of object, or another descriptor.
 * @throws {LayoutError} The map's type, sizes or layouts are others.
 * @throws {PermissionError} The process may not open it.
 */
export function openMap<M extends BpfMap>(source: MapSource, kind: MapKind<M>): M;
export function openMap(source: MapSource, kind: MapKind<BpfMap> = ANY): BpfMap {
  using undo = new DisposableStack();
  const found = undo.use(openObject("MAP", source));
  const pin = "pin" in source ? source.pin : undefined;
  const name = nameOf(found, pin);
  const descriptor = undo.use(new Descriptor(found.take(), `map "${name}"`));
  const map = useMap(descriptor, kind, { name, pin });
  undo.move();
  return map;
}

function nameOf(descriptor: Descriptor, pin: string | undefined): string {
  if (pin !== undefined) return pin.slice(pin.lastIndexOf("/") + 1);
  const { name, id } = readFacts(descriptor);
  return name || `map ${id}`;
}

/** A map that is not used as one of a kind. */
export function plainMap(descriptor: Descriptor, name: string): BpfMap {
  return ANY.open(new KernelMapHandle(descriptor, ANY, { name }));
}

/**
 * Uses a map as one of a kind. The descriptor is the map's from then on; where it throws, the caller's.
 *
 * @throws {LayoutError} The map's type, sizes or layouts are others.
 */
export function useMap<M extends BpfMap>(descriptor: Descriptor, kind: MapKind<M>, origin: MapOrigin): M {
  const handle = new KernelMapHandle(descriptor, kind, origin);
  const problem = kind.types[0] === "unspec" ? undefined : difference(kind, handle);
  if (problem === undefined) return kind.open(handle);
  throw new LayoutError(`Cannot use map "${origin.name}": ${problem}`);
}

function difference(kind: MapKind<BpfMap>, handle: MapHandle): string | undefined {
  const { facts } = handle;
  return typeDifference(kind, facts) ??
    sizeDifference("keys", facts.keySize, kind.keySize) ??
    // Layouts first: where sizes differ they can say by which field
    codecDifference(kind.value, handle, "value") ??
    sizeDifference("values", facts.valueSize, kind.valueSize) ??
    codecDifference(kind.key, handle, "key");
}

function typeDifference({ types }: MapKind<BpfMap>, { type }: MapFacts): string | undefined {
  const accepted: readonly string[] = types;
  return accepted.includes(type) ? undefined : `it is of type ${type}, not ${types.join(" or ")}`;
}

function sizeDifference(what: string, is: number, wanted: MapSize): string | undefined {
  const accepted = typeof wanted === "number" ? [wanted] : wanted;
  if (!accepted || accepted.includes(is)) return undefined;
  return `its ${what} have ${is} bytes, the codec has ${accepted.join(" or ")}`;
}

function codecDifference(
  codec: Codec<unknown> | undefined,
  handle: MapHandle,
  part: "key" | "value",
): string | undefined {
  const { types } = codec ? handle : { types: undefined };
  const typeId = part === "key" ? types?.keyTypeId : types?.valueTypeId;
  // The value of a section of variables is as long as they are, and compared variable by variable
  if (!codec || !types || !typeId || types.btf.kindOf(typeId) === "section") return undefined;
  return layoutDifference(codec, types.btf, typeId);
}
