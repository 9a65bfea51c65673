import {
  addMapTypes,
  type BtfBuilder,
  type BtfSectionEntry,
  intType,
  type SpecialField,
} from "../btf/core.ts";
import { identifier } from "../names.ts";

/** The section of maps. */
export const MAPS = ".maps";
/** Of a pointer, which is what attributes of maps are, in bytes. */
export const POINTER_SIZE = 8;

/** A map to define. Numbers are those of the kernel's UAPI. */
export interface EncodedMap {
  /** By which instructions refer to it. */
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes. */
  readonly valueSize: number;
  /** How many elements fit. */
  readonly maxEntries: number;
  /** `BPF_F_…`. */
  readonly flags: number;
  /** What its values have that is the kernel's own: a lock, or a timer. */
  readonly special?: SpecialField | undefined;
}

/**
 * The definitions of the maps, as `__uint()` of libbpf's `bpf_helpers.h` makes them: structs of pointers to arrays, whose
 * lengths are the numbers.
 */
export function defineMaps(
  types: BtfBuilder,
  maps: readonly EncodedMap[],
): { readonly entries: readonly BtfSectionEntry[]; readonly size: number } {
  const int = types.add(intType());
  const pointerTo = (typeId: number): number => types.add({ kind: "pointer", name: "", typeId });
  const number = (length: number): number =>
    pointerTo(types.add({ kind: "array", name: "", typeId: int, indexTypeId: int, length }));
  let offset = 0;
  const typesOf = ({ keySize, valueSize, special }: EncodedMap): (readonly [string, number])[] => {
    if (!special) return [];
    const { keyTypeId, valueTypeId } = addMapTypes(types, keySize, valueSize, special);
    return [["key", pointerTo(keyTypeId)], ["value", pointerTo(valueTypeId)]];
  };
  const entries = maps.map((map) => {
    const { name, type, keySize, valueSize, maxEntries, flags } = map;
    const attributes = {
      type,
      key_size: keySize,
      value_size: valueSize,
      max_entries: maxEntries,
      map_flags: flags,
    };
    const numbers = Object.entries(attributes).filter(([, value]) => value > 0).map((
      [name, value],
    ) => [name, number(value)] as const);
    const members = [...numbers, ...typesOf(map)].map(([name, typeId], i) => (
      { name, typeId, bitOffset: i * POINTER_SIZE * 8, bitSize: 0 }
    ));
    const size = members.length * POINTER_SIZE;
    const struct = types.add({ kind: "struct", name: "", size, members });
    const typeId = types.add({ kind: "variable", name: identifier(name), typeId: struct, linkage: "global" });
    const entry = { typeId, offset, size };
    offset += size;
    return entry;
  });
  types.add({ kind: "section", name: MAPS, size: offset, entries });
  return { entries, size: offset };
}
