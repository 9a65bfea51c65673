/**
 * What functions store, as the script reads it.
 *
 * @module
 */
import {
  arrayOf,
  be16,
  be32,
  be64,
  bool,
  type Codec,
  cstr,
  i16,
  i32,
  i64,
  i8,
  ipv4,
  ipv6,
  mac,
  placedStruct,
  u16,
  u32,
  u64,
  u8,
} from "../codec/mod.ts";
import {
  DATA_AT,
  type IntType,
  IPV6,
  layOut,
  MAC,
  sizeOf,
  type StackType,
  type StoredType,
  WORDS_AT,
} from "./ir/type.ts";
import { shownCodec } from "./shown.ts";

const UNSIGNED: Readonly<Record<IntType["size"], Codec<unknown>>> = { 1: u8, 2: u16, 4: u32, 8: safe(u64) };
const NETWORK: Readonly<Record<2 | 4 | 8, Codec<unknown>>> = { 2: be16, 4: be32, 8: safe(be64) };
const SIGNED: Readonly<Record<IntType["size"], Codec<unknown>>> = { 1: i8, 2: i16, 4: i32, 8: safe(i64) };

/**
 * The codec of what is stored as a type. Numbers are numbers where these are exact, and bigints beyond 2^53; addresses are
 * bigints. `stack` has the codecs of stacks, which are in another map.
 */
export function codecOf(
  type: StoredType,
  stack: (type: StackType) => Codec<unknown> = noStack,
): Codec<unknown> {
  switch (type.kind) {
    case "pointer":
      return u64;
    case "text":
      return cstr(type.size);
    case "words":
      return words(type.size);
    case "address":
      return type.shown === "ipv6" ? ipv6 : mac;
    case "data":
      return data(type.size);
    case "stack":
      return stack(type);
    case "record":
      return placedStruct(
        type.fields.map(({ name, offset, type }) => ({ name, offset, codec: codecOf(type, stack) })),
        { type: "record", size: type.size, align: type.align },
      );
    case "array":
      return arrayOf(codecOf(type.of, stack), type.length);
    case "int":
      if (type.shown === "boolean") return bool;
      if (type.shown === "ipv4") return ipv4;
      if (type.shown === "bigint") return type.signed ? i64 : u64;
      if (type.shown === "network" && type.size > 1) return NETWORK[type.size as 2 | 4 | 8];
      return shownCodec((type.signed ? SIGNED : UNSIGNED)[type.size], type.shown);
  }
}

function noStack(): never {
  throw new TypeError("Cannot read a stack: nothing here has stacks");
}

const decoder = new TextDecoder();

/** Texts by their length in bytes and the bytes; the last one may be cut. */
function words(size: number): Codec<readonly string[]> {
  return {
    size,
    align: WORDS_AT,
    type: `char[${size - WORDS_AT}] of texts`,
    read(view, at) {
      const length = Math.min(u32.read(view, at), size - WORDS_AT);
      const text = decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at + WORDS_AT, length));
      const all = text.split("\0");
      return all.at(-1) === "" ? all.slice(0, -1) : all;
    },
    write: () => {
      throw new TypeError("Cannot encode texts of a kernel function: scripts only read them");
    },
  };
}

/** Bytes behind their number. */
function data(size: number): Codec<Uint8Array> {
  return {
    size,
    align: DATA_AT,
    type: `u8[${size - DATA_AT}] of data`,
    read(view, at) {
      const length = Math.min(u32.read(view, at), size - DATA_AT);
      return new Uint8Array(view.buffer, view.byteOffset + at + DATA_AT, length).slice();
    },
    write: () => {
      throw new TypeError("Cannot encode data of a packet: scripts only read it");
    },
  };
}

/** A number where it is exact, a bigint beyond. */
function safe(codec: Codec<bigint>): Codec<number | bigint> {
  return {
    ...codec,
    read(view, at) {
      const value = codec.read(view, at);
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    },
    write: (view, at, value) => codec.write(view, at, BigInt(value)),
  };
}

/** Integers by what their codecs are called. */
const INTS: Readonly<Record<string, IntType>> = {
  u8: { kind: "int", size: 1, signed: false },
  u16: { kind: "int", size: 2, signed: false },
  u32: { kind: "int", size: 4, signed: false },
  u64: { kind: "int", size: 8, signed: false },
  i8: { kind: "int", size: 1, signed: true },
  i16: { kind: "int", size: 2, signed: true },
  i32: { kind: "int", size: 4, signed: true },
  i64: { kind: "int", size: 8, signed: true },
  bool: { kind: "int", size: 1, signed: false, shown: "boolean" },
  ipv4: { kind: "int", size: 4, signed: false, shown: "ipv4" },
};

/**
 * What functions store for a codec.
 *
 * @throws {TypeError} It is of a type that functions do not write.
 */
export function typeOf(codec: Codec<unknown>): StoredType {
  const int = INTS[codec.type];
  if (int) return int;
  if (codec.type === "ipv6") return IPV6;
  if (codec.type === "mac") return MAC;
  if (/^char\[\d+\]$/.test(codec.type)) return { kind: "text", size: codec.size };
  if (codec.fields) {
    const fields = codec.fields.map(({ name, codec }) => ({ name, type: typeOf(codec) }));
    const laid = layOut(fields);
    if (
      codec.fields.every(({ offset }, i) => offset === laid.fields[i]?.offset) && sizeOf(laid) === codec.size
    ) return laid;
  }
  throw new TypeError(
    `Cannot share values of ${codec.type} with a kernel function: they are integers, text by cstr(), and structs of these`,
  );
}
