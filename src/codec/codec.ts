/**
 * The one contract between typed values and bytes.
 *
 * @module
 */
import type { Bits } from "./bits.ts";

/**
 * Reads and writes values of one type in the memory layout that C gives them.
 *
 * @typeParam T What the value is in TypeScript.
 */
export interface Codec<T> {
  /** In bytes, as C's `sizeof`: where {@linkcode Codec.flexible} is set, of what comes before the end that is open. */
  readonly size: number;
  /** C alignment in bytes: 1, 2, 4, 8 or 16. */
  readonly align: number;
  /** The C type, for messages: `u32`, `struct event`, `char[16]`. */
  readonly type: string;
  /** Set when the value goes on to the end of the bytes, as C's flexible array members do. */
  readonly flexible?: true;
  /** What a struct or union is made of, for comparing layouts. */
  readonly fields?: readonly StructField[];
  /** What an array is made of, for comparing layouts. */
  readonly element?: Codec<unknown>;
  /** Decodes the value that starts at byte `at`. */
  read(view: DataView, at: number): T;
  /**
   * Encodes `value` from byte `at` on.
   *
   * @throws {RangeError} The value does not fit.
   * @throws {TypeError} The value is of the wrong type.
   */
  write(view: DataView, at: number, value: T): void;
}

/** A field of a struct or union with its place. */
export interface StructField {
  /** The field's name. */
  readonly name: string;
  /** In bytes from the start of the struct; of a bitfield, that of the byte with its first bit. */
  readonly offset: number;
  /** In bytes; 0 for flexible array members; of a bitfield, that of the bytes that it has bits in. */
  readonly size: number;
  /** The C type. */
  readonly type: string;
  /** Reads and writes the field, given the place of its {@linkcode StructField.offset}. */
  readonly codec: Codec<unknown>;
  /** The first bit of a bitfield, in bits from the start of the struct in the order in which C fills them. */
  readonly bitOffset?: number;
  /** Of how many bits a bitfield is. */
  readonly bitWidth?: number;
  /** Set on members of unions, which may be left out when writing. */
  readonly shared?: true;
}

/** The TypeScript type that a codec or bitfield reads and writes. */
export type Infer<C> = C extends Codec<infer T> ? T : C extends Bits<infer T> ? T : never;
