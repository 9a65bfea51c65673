/**
 * Integers and enums of the kernel: how they are shown, in network order, and by name.
 *
 * @module
 */
import { type Btf, type BtfEnum, skipModifiers } from "../../btf/core.ts";
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import { type IntType, MAC, type Names } from "../ir/type.ts";
import { bigEndianSize } from "./network_order.ts";

/** Types of the kernel that are shown by more than their size. */
const BY_NAME: Readonly<Record<string, IntType["shown"]>> = { umode_t: "mode", dev_t: "device" };

const known = new WeakMap<Btf, Map<number, Names>>();

/** The names of an enum; the same for all that are of its type. */
export function namesOf(btf: Btf, { id, values }: BtfEnum & { readonly id: number }): Names {
  const all = known.get(btf) ?? new Map<number, Names>();
  known.set(btf, all);
  const names = all.get(id) ?? { values };
  all.set(id, names);
  return names;
}

/** An integer or enum as what it is in the kernel; `undefined` of other types, and of sizes that programs do not compute with. */
export function intTypeOf(btf: Btf, typeId: number): IntType | undefined {
  const type = skipModifiers(btf, typeId);
  if (type.kind !== "int" && type.kind !== "enum") return undefined;
  const { size } = type;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return undefined;
  if (type.kind === "int" && type.bool) return { kind: "int", size, signed: false, shown: "boolean" };
  const shown = type.kind === "enum" ? namesOf(btf, type) : shownByName(btf, typeId);
  return { kind: "int", size, signed: type.signed, ...shown && { shown } };
}

/** By the names of its typedefs. */
function shownByName(btf: Btf, typeId: number): IntType["shown"] {
  for (let type = btf.type(typeId); "typeId" in type; type = btf.type(type.typeId)) {
    const shown = Object.hasOwn(BY_NAME, type.name) ? BY_NAME[type.name] : undefined;
    if (shown) return shown;
  }
  return undefined;
}

/** How a type of this name is shown. */
export function shownAs(name: string): IntType["shown"] {
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

/** Arrays of 6 bytes that hold hardware addresses. */
const HARDWARE_NAME = /addr|mac|^h_(dest|source)$|^ar_[st]ha$/;

/** Whether an array of so many bytes is the address of hardware. */
export function isHardware(length: number, name: string): boolean {
  return length === MAC.size && HARDWARE_NAME.test(name);
}

/** Members that hold IPv4 addresses, which the kernel has no type of its own for. */
const ADDRESS_NAME = /addr/;

/** Ports and their like as numbers, and addresses as what they are: `__be16` and `__be32` tell what is in network order. */
export function inNetworkOrder(btf: Btf, typeId: number, value: Scalar, name: string): Scalar {
  const order = bigEndianSize(btf, typeId);
  if (order === undefined || value.type.kind !== "int") return value;
  if (isAddress(order, name)) return { ...value, type: { ...value.type, shown: "ipv4" } };
  return { kind: "swap", type: value.type, place: value.place, of: value, size: order };
}

/** Whether a number in network order of so many bytes is an IPv4 address. */
export function isAddress(size: number, name: string): boolean {
  return size === 4 && ADDRESS_NAME.test(name);
}

/**
 * The number of an enumerator of the kernel, of whatever enum.
 *
 * @throws {Fault} There is none of that name.
 */
export function enumerator(btf: Btf, name: string, place: Place): bigint {
  const near: string[] = [];
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== "enum") continue;
    const type = btf.type(id);
    if (type.kind !== "enum") continue;
    const found = type.values.find((one) => one.name === name);
    if (found) return found.value;
    near.push(...type.values.map(({ name }) => name));
  }
  throw new Fault(place, `the kernel has no enumerator "${name}"${closest(name, near)}`);
}
