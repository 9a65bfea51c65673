import type { BtfBuilder } from "./build.ts";
import { intType } from "./int_type.ts";

/** A part of values that is the kernel's own: programs use it by helpers, and the kernel finds it by the type's name. */
export interface SpecialField {
  /** The name of its struct. */
  readonly type: "bpf_spin_lock" | "bpf_timer";
  /** From the start of the value, in bytes. */
  readonly offset: number;
}

/** What the structs consist of, in `include/uapi/linux/bpf.h`: so many words of so many bytes. */
const MEMBERS: Readonly<Record<SpecialField["type"], { name: string; size: number; length: number }>> = {
  bpf_spin_lock: { name: "val", size: 4, length: 1 },
  bpf_timer: { name: "__opaque", size: 8, length: 2 },
};

/** Of the struct, in bytes. */
export function specialSize(type: SpecialField["type"]): number {
  const { size, length } = MEMBERS[type];
  return size * length;
}

/**
 * Adds types for the key and the value of a map of which only the sizes are known, in bytes: an `int` or bytes, and bytes with a
 * special field, where there is one.
 */
export function addMapTypes(
  builder: BtfBuilder,
  keySize: number,
  valueSize: number,
  special?: SpecialField,
): { readonly keyTypeId: number; readonly valueTypeId: number } {
  const byte = builder.add(intType("unsigned char", 1, false));
  const index = builder.add(intType());
  const bytes = (length: number) =>
    builder.add({ kind: "array", name: "", typeId: byte, indexTypeId: index, length });
  const isInt = [1, 2, 4, 8].includes(keySize);
  const keyTypeId = isInt ? keySize === 4 ? index : builder.add(intType("key", keySize)) : bytes(keySize);
  if (!special) return { keyTypeId, valueTypeId: bytes(valueSize) };
  const { type, offset } = special;
  const { name, size, length } = MEMBERS[type];
  const word = builder.add(intType(size === 4 ? "unsigned int" : "unsigned long long", size, false));
  const array = builder.add({ kind: "array", name: "", typeId: word, indexTypeId: index, length });
  const member = { name, typeId: length === 1 ? word : array, bitOffset: 0, bitSize: 0 };
  const typeId = builder.add({ kind: "struct", name: type, size: specialSize(type), members: [member] });
  const before = offset === 0 ? [] : [{ name: "value", typeId: bytes(offset), bitOffset: 0, bitSize: 0 }];
  const valueTypeId = builder.add({
    kind: "struct",
    name: "value",
    size: valueSize,
    members: [...before, { name: type, typeId, bitOffset: offset * 8, bitSize: 0 }],
  });
  return { keyTypeId, valueTypeId };
}
