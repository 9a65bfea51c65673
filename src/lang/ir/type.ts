/**
 * What values are in the kernel.
 *
 * @module
 */
import { specialSize } from "../../btf/core.ts";

/**
 * How an integer is shown to the script: `number` unless said otherwise. `network` is a number that is in network order in
 * memory, `mode` a `umode_t`, and `device` a `dev_t`.
 */
export type Shown = "boolean" | "bigint" | "ipv4" | "network" | "mode" | "device" | Names;

/** A number with a name. */
export interface NamedValue {
  readonly name: string;
  readonly value: bigint;
}

/** The names of an enum's numbers, or of the bits of flags. */
export interface Names {
  readonly values: readonly NamedValue[];
  /** Of flags, which may be several at once. */
  readonly flags?: FlagsText;
}

/** How flags are one text. */
export interface FlagsText {
  /** Between two names. */
  readonly separator: string;
  /** What stands for no flag at all. */
  readonly none: string;
  /** The bits that are flags; all of them where it is not said. */
  readonly mask?: bigint;
  /** What follows the names where one of some other bits is set. */
  readonly suffix?: { readonly mask: bigint; readonly text: string };
}

/** An integer. It is computed with as 64 bits, and has its size where it is stored. */
export interface IntType {
  readonly kind: "int";
  /** In bytes. */
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly shown?: Shown;
}

/**
 * Whose memory is at an address: that of a packet is loaded as it is, once the verifier saw that the packet is long enough; of
 * `any` the address itself tells, where the kernel and processes have addresses of their own (x86-64, aarch64).
 */
export type Space = "kernel" | "user" | "packet" | "map" | "any";

/** An address of something that BTF describes. */
export interface PointerType {
  readonly kind: "pointer";
  /** What is there, in the BTF of the kernel; 0 where unknown. */
  readonly typeId: number;
  /** Whose memory it is. */
  readonly space: Space;
  /** What is there, where a map holds it. */
  readonly record?: RecordType;
  /** Whether the verifier knows what is there, so that programs may load it as it is. */
  readonly trusted: boolean;
}

/** Text that ends with NUL, in a place of `size` bytes. */
export interface TextType {
  readonly kind: "text";
  readonly size: number;
}

/** Several texts, each with its NUL, one behind the other: as the arguments of a process. Their length in 4 bytes comes first. */
export interface WordsType {
  readonly kind: "words";
  /** In bytes, those of the length included. */
  readonly size: number;
}

/** How many bytes say the length of words. */
export const WORDS_AT = 4;

/** An address that is too long for a register: `struct in6_addr`, and that of hardware (`unsigned char[ETH_ALEN]`). */
export interface AddressType {
  readonly kind: "address";
  readonly shown: "ipv6" | "mac";
  /** In bytes. */
  readonly size: 6 | 16;
}

/** `struct in6_addr`. */
export const IPV6: AddressType = { kind: "address", shown: "ipv6", size: 16 };
/** `unsigned char[ETH_ALEN]`. */
export const MAC: AddressType = { kind: "address", shown: "mac", size: 6 };

/** Bytes of a packet, of a number that is known when it is seen. The number comes first, in 4 bytes. */
export interface DataType {
  readonly kind: "data";
  /** In bytes, those of the number included. */
  readonly size: number;
}

/** How many bytes say the number of bytes. */
export const DATA_AT = 4;

/** Of the number of a stack. */
const STACK_ALIGN = 4;

/** A field of a {@linkcode RecordType}. */
export interface RecordField {
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly type: StoredType;
}

/** Several values by name, laid out as C does it. */
export interface RecordType {
  readonly kind: "record";
  readonly fields: readonly RecordField[];
  /** In bytes. */
  readonly size: number;
  readonly align: number;
  /** Where behind the fields it has a lock (`struct bpf_spin_lock`), in bytes. */
  readonly lock?: number;
}

/** A stack: its number in the map that has it, and of a stack of the process the process, too. */
export interface StackType {
  readonly kind: "stack";
  readonly space: "kernel" | "user";
  /** How many frames it has at most. */
  readonly depth: number;
  /** In bytes. */
  readonly size: 4 | 8;
}

/** Several values of one type, one behind the other. */
export interface ArrayType {
  readonly kind: "array";
  readonly of: StoredType;
  readonly length: number;
  /** In bytes. */
  readonly size: number;
}

/** What is stored as it is in memory. */
export type WholeType = RecordType | ArrayType;

/** What can be stored: a key, a value of a map, a field of an event. */
export type StoredType =
  | IntType
  | PointerType
  | TextType
  | WordsType
  | StackType
  | AddressType
  | DataType
  | WholeType;

/** An integer or address that may be missing, as what a map has for a key. */
export interface OptionalType {
  readonly kind: "optional";
  readonly of: IntType | PointerType;
}

/** No value, as of what is done for its effect. */
export interface VoidType {
  readonly kind: "void";
}

/** The type of a value. */
export type Type = StoredType | OptionalType | VoidType;

/** `__u32`. */
export const U32: IntType = { kind: "int", size: 4, signed: false };
/** `__u64`. */
export const U64: IntType = { kind: "int", size: 8, signed: false };
/** `__s64`. */
export const S64: IntType = { kind: "int", size: 8, signed: true };
/** `bool`. */
export const BOOL: IntType = { kind: "int", size: 1, signed: false, shown: "boolean" };
/** No value. */
export const VOID: VoidType = { kind: "void" };

/** The names of numbers. */
export function namesFrom(numbers: Readonly<Record<string, number>>): Names {
  return { values: Object.entries(numbers).map(([name, value]) => ({ name, value: BigInt(value) })) };
}

/** In bytes. */
export function sizeOf(type: StoredType): number {
  return type.kind === "pointer" ? 8 : type.size;
}

/** C alignment in bytes. */
export function alignOf(type: StoredType): number {
  switch (type.kind) {
    case "text":
      return 1;
    case "words":
      return WORDS_AT;
    case "stack":
      return STACK_ALIGN;
    case "address":
      return type.shown === "ipv6" ? 4 : 1;
    case "data":
      return DATA_AT;
    case "record":
      return type.align;
    case "array":
      return alignOf(type.of);
    default:
      return sizeOf(type);
  }
}

/** A record with its fields in order, each at the next multiple of its alignment after `start` bytes of something else. */
export function layOut(fields: readonly Omit<RecordField, "offset">[], start = 0): RecordType {
  let at = start;
  let align = 1;
  const placed = fields.map(({ name, type }) => {
    const own = alignOf(type);
    const offset = Math.ceil(at / own) * own;
    at = offset + sizeOf(type);
    align = Math.max(align, own);
    return { name, offset, type };
  });
  return { kind: "record", fields: placed, size: Math.ceil(at / align) * align, align };
}

/** The record with a lock behind its fields. */
export function withLock(record: RecordType): RecordType {
  const own = specialSize("bpf_spin_lock");
  const align = Math.max(record.align, own);
  const lock = Math.ceil(record.size / own) * own;
  return { ...record, align, lock, size: Math.ceil((lock + own) / align) * align };
}

/** Whether two types have the same bytes and meaning. */
export function sameType(a: StoredType, b: StoredType): boolean {
  if (a.kind === "record" && b.kind === "record") {
    return a.size === b.size && a.fields.length === b.fields.length && a.fields.every((field, i) => {
      const other = b.fields[i];
      return other?.name === field.name && other.offset === field.offset && sameType(field.type, other.type);
    });
  }
  if (a.kind === "int" && b.kind === "int") {
    return a.size === b.size && a.signed === b.signed && sameShown(a.shown, b.shown);
  }
  if (a.kind === "stack" && b.kind === "stack") return a.space === b.space && a.depth === b.depth;
  if (a.kind === "array" && b.kind === "array") return a.length === b.length && sameType(a.of, b.of);
  return a.kind === b.kind && sizeOf(a) === sizeOf(b);
}

function sameShown(a: Shown | undefined, b: Shown | undefined): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return a === b || a.values.length === b.values.length && !a.flags === !b.flags &&
      a.values.every(({ name, value }, i) => b.values[i]?.name === name && b.values[i].value === value);
}

/** A type as messages name it: `u32`, `text of 16 bytes`, `{pid: u32, comm: text of 16 bytes}`. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "int":
      return type.shown === "boolean" ? "bool" : `${type.signed ? "s" : "u"}${type.size * 8}`;
    case "text":
      return `text of ${type.size} bytes`;
    case "words":
      return `texts of ${type.size - WORDS_AT} bytes`;
    case "array":
      return `${typeText(type.of)}[${type.length}]`;
    case "record":
      return `{${type.fields.map(({ name, type }) => `${name}: ${typeText(type)}`).join(", ")}}`;
    case "optional":
      return `${typeText(type.of)} or undefined`;
    case "pointer":
      return "an address";
    case "address":
      return type.shown === "ipv6" ? "an IPv6 address" : "a hardware address";
    case "data":
      return `data of ${type.size - DATA_AT} bytes`;
    case "stack":
      return type.space === "kernel" ? "a stack of the kernel" : "a stack of the process";
    case "void":
      return "nothing";
  }
}
