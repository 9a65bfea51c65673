/**
 * The one contract between typed values and bytes.
 *
 * @module
 */

/**
 * Reads and writes values of one type in the memory layout that C gives them.
 *
 * @typeParam T What the value is in TypeScript.
 */
export interface Codec<T> {
  /** In bytes. A codec with {@linkcode Codec.flexible} set needs at least this many. */
  readonly size: number;
  /** C alignment in bytes: 1, 2, 4, 8 or 16. */
  readonly align: number;
  /** The C type, for messages: `u32`, `struct event`, `char[16]`. */
  readonly type: string;
  /** Set when the value goes on to the end of the bytes, as C's flexible array members do. */
  readonly flexible?: true;
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

/** The TypeScript type that a codec reads and writes. */
export type Infer<C> = C extends Codec<infer T> ? T : never;
