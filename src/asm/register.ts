/**
 * The registers. The width of the register chooses the width of the operation.
 *
 * @module
 */

/** A whole register, 64 bits. */
export interface Register64 {
  /** 0 to 10. */
  readonly number: number;
  /** In bits. */
  readonly bits: 64;
}

/** The low half of a register, 32 bits; writing it clears the high half. */
export interface Register32 {
  /** 0 to 10. */
  readonly number: number;
  /** In bits. */
  readonly bits: 32;
}

/** A register in either width. */
export type Register = Register64 | Register32;

/** Return value of helpers and of the program. */
export const r0: Register64 = { number: 0, bits: 64 };
/** First argument; the context at the start of a program. */
export const r1: Register64 = { number: 1, bits: 64 };
/** Second argument. */
export const r2: Register64 = { number: 2, bits: 64 };
/** Third argument. */
export const r3: Register64 = { number: 3, bits: 64 };
/** Fourth argument. */
export const r4: Register64 = { number: 4, bits: 64 };
/** Fifth argument. */
export const r5: Register64 = { number: 5, bits: 64 };
/** Keeps its value across calls. */
export const r6: Register64 = { number: 6, bits: 64 };
/** Keeps its value across calls. */
export const r7: Register64 = { number: 7, bits: 64 };
/** Keeps its value across calls. */
export const r8: Register64 = { number: 8, bits: 64 };
/** Keeps its value across calls. */
export const r9: Register64 = { number: 9, bits: 64 };
/** Frame pointer, read-only; the stack is the 512 bytes below it. */
export const r10: Register64 = { number: 10, bits: 64 };

/** Low half of {@linkcode r0}. */
export const w0: Register32 = { number: 0, bits: 32 };
/** Low half of {@linkcode r1}. */
export const w1: Register32 = { number: 1, bits: 32 };
/** Low half of {@linkcode r2}. */
export const w2: Register32 = { number: 2, bits: 32 };
/** Low half of {@linkcode r3}. */
export const w3: Register32 = { number: 3, bits: 32 };
/** Low half of {@linkcode r4}. */
export const w4: Register32 = { number: 4, bits: 32 };
/** Low half of {@linkcode r5}. */
export const w5: Register32 = { number: 5, bits: 32 };
/** Low half of {@linkcode r6}. */
export const w6: Register32 = { number: 6, bits: 32 };
/** Low half of {@linkcode r7}. */
export const w7: Register32 = { number: 7, bits: 32 };
/** Low half of {@linkcode r8}. */
export const w8: Register32 = { number: 8, bits: 32 };
/** Low half of {@linkcode r9}. */
export const w9: Register32 = { number: 9, bits: 32 };
/** Low half of {@linkcode r10}. */
export const w10: Register32 = { number: 10, bits: 32 };
