/**
 * The byte orders of instructions.
 *
 * @module
 */

/** The order of bytes of a program: that of the machine it runs on. */
export type ByteOrder = "little" | "big";

/** What {@linkcode encode} and {@linkcode decode} take beside the program. */
export interface ByteOrderOptions {
  /**
   * The order of bytes; in `big` the two registers swap places too.
   *
   * @default {"little"}
   */
  readonly byteOrder?: ByteOrder;
}
