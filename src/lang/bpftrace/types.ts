/**
 * What values are to bpftrace: more than they are to the kernel, since it prints addresses of code by their names.
 *
 * @module
 */
import type { Space } from "../ir/type.ts";

/** An integer. */
export interface IntType {
  readonly kind: "int";
  /** In bytes. */
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** A member of a struct in memory. */
export interface Member {
  readonly type: ValueType;
  /** In bytes. */
  readonly offset: number;
  /** Of a bitfield: in its unit, counted from the lowest bit of the number. */
  readonly bits?: { readonly shift: number; readonly width: number };
}

/** A struct or union in memory. */
export interface StructType {
  readonly kind: "struct";
  /** `struct task_struct`. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** A member by its name; `undefined` where there is none. */
  member(name: string): Member | undefined;
  /** All of their names, for suggestions. */
  names(): Iterable<string>;
}

/** An address of something. */
export interface PointerType {
  readonly kind: "pointer";
  /** What is there; looked up when it is asked for. */
  readonly to: () => ValueType;
  /** `struct task_struct`, for messages. */
  readonly name: string;
  readonly space: Space;
}

/** Which way a stack is printed. */
export type StackMode = "bpftrace" | "perf" | "raw";

/** What a value is. */
export type ValueType =
  | IntType
  | PointerType
  | StructType
  | { readonly kind: "array"; readonly of: ValueType; readonly length: number }
  /** `size` bytes with the NUL. */
  | { readonly kind: "string"; readonly size: number }
  /** Bytes with their length; `copied` are those of a text that is in no memory to read, filled up with zeroes. */
  | { readonly kind: "buffer"; readonly size: number; readonly copied?: true }
  /** The name of what is at an address of the kernel. */
  | { readonly kind: "ksym" }
  /** The name of what is at an address of a process. */
  | { readonly kind: "usym" }
  | { readonly kind: "inet" }
  | { readonly kind: "mac" }
  | { readonly kind: "username" }
  | { readonly kind: "timestamp"; readonly format: string }
  | { readonly kind: "cgroupPath"; readonly pattern: string }
  | { readonly kind: "stack"; readonly user: boolean; readonly mode: StackMode; readonly limit: number }
  | { readonly kind: "tuple"; readonly parts: readonly ValueType[] }
  /** What a call is that has no value. */
  | { readonly kind: "none" };

/** How a map collects values. */
export type Aggregation =
  | { readonly kind: "count" | "sum" | "min" | "max" | "avg" | "stats"; readonly signed: boolean }
  | { readonly kind: "hist" }
  | { readonly kind: "lhist"; readonly min: bigint; readonly max: bigint; readonly step: bigint };

/** What a map holds for a key. */
export type MapValue = ValueType | Aggregation;

/** Whether the map collects. */
export function isAggregation(value: MapValue): value is Aggregation {
  switch (value.kind) {
    case "count":
    case "sum":
    case "min":
    case "max":
    case "avg":
    case "stats":
    case "hist":
    case "lhist":
      return true;
    default:
      return false;
  }
}

/** `int64`. */
export const INT64: IntType = { kind: "int", size: 8, signed: true };
/** `uint64`. */
export const UINT64: IntType = { kind: "int", size: 8, signed: false };
/** `uint32`. */
export const UINT32: IntType = { kind: "int", size: 4, signed: false };
/** No value. */
export const NONE: ValueType = { kind: "none" };

/** How long strings are, in bytes with the NUL, where nobody says (`BPFTRACE_STRLEN`). */
export const STRING_SIZE = 64;
/** `TASK_COMM_LEN`. */
export const COMM_SIZE = 16;

const int = (size: IntType["size"], signed: boolean): IntType => ({ kind: "int", size, signed });

/** Integers by their names. */
export const INTEGERS: Readonly<Record<string, IntType>> = {
  "bool": int(1, false),
  "_Bool": int(1, false),
  "uint8": int(1, false),
  "uint16": int(2, false),
  "uint32": int(4, false),
  "uint64": int(8, false),
  "int8": int(1, true),
  "int16": int(2, true),
  "int32": int(4, true),
  "int64": int(8, true),
  "u8": int(1, false),
  "u16": int(2, false),
  "u32": int(4, false),
  "u64": int(8, false),
  "s8": int(1, true),
  "s16": int(2, true),
  "s32": int(4, true),
  "s64": int(8, true),
  "uint8_t": int(1, false),
  "uint16_t": int(2, false),
  "uint32_t": int(4, false),
  "uint64_t": int(8, false),
  "int8_t": int(1, true),
  "int16_t": int(2, true),
  "int32_t": int(4, true),
  "int64_t": int(8, true),
  "size_t": int(8, false),
  "uintptr_t": int(8, false),
  "char": int(1, true),
  "unsigned char": int(1, false),
  "signed char": int(1, true),
  "short": int(2, true),
  "unsigned short": int(2, false),
  "int": int(4, true),
  "signed": int(4, true),
  "unsigned int": int(4, false),
  "unsigned": int(4, false),
  "long": int(8, true),
  "unsigned long": int(8, false),
  "long long": int(8, true),
  "unsigned long long": int(8, false),
};

/** A type as messages name it. */
export function typeText(type: MapValue): string {
  switch (type.kind) {
    case "int":
      return `${type.signed ? "int" : "uint"}${type.size * 8}`;
    case "pointer":
      return `${type.name} *`;
    case "struct":
      return type.name;
    case "array":
      return `${typeText(type.of)}[${type.length}]`;
    case "string":
      return `string[${type.size}]`;
    case "tuple":
      return `(${type.parts.map(typeText).join(",")})`;
    case "stack":
      return type.user ? "ustack" : "kstack";
    default:
      return type.kind;
  }
}

/** Whether a value of one type may be where another was before, as bpftrace judges it. */
export function isSameKind(a: MapValue, b: MapValue): boolean {
  if (isNumber(a) && isNumber(b)) return true;
  if (a.kind === "tuple" && b.kind === "tuple") {
    return a.parts.length === b.parts.length &&
      a.parts.every((part, i) => isSameKind(part, b.parts[i] ?? NONE));
  }
  if (a.kind === "stack" && b.kind === "stack") return a.user === b.user;
  return a.kind === b.kind;
}

function isNumber({ kind }: MapValue): boolean {
  return kind === "int" || kind === "pointer";
}

/** The type that holds both: the longer string, the wider integer. */
export function unite(a: ValueType, b: ValueType): ValueType {
  if (a.kind === "string" && b.kind === "string") return a.size >= b.size ? a : b;
  if (a.kind === "buffer" && b.kind === "buffer") return a.size >= b.size ? a : b;
  if (a.kind === "tuple" && b.kind === "tuple") {
    return { kind: "tuple", parts: a.parts.map((part, i) => unite(part, b.parts[i] ?? part)) };
  }
  return a;
}
