/**
 * Arithmetic on pairs of 32 bits. Numbers of JavaScript hold 53 bits of integers, and a `bigint` is twenty times slower.
 */
import { OPERATION } from "./_operation.ts";

const { DIV, SDIV, SMOD } = OPERATION;

// The cases below are the numbers of OPERATION: engines make a table of literals only.

/**
 * Does an operation of 64 bits: the register `d`, of which there are the lower and upper half, with the operand. Those that
 * programs mostly do are here: a function that is short enough becomes part of the loop that calls it.
 */
export function alu64(
  low: Int32Array,
  high: Int32Array,
  operation: number,
  d: number,
  sl: number,
  sh: number,
): void {
  switch (operation) {
    case 0: { // ADD
      const sum = (low[d]! + sl) | 0;
      low[d] = sum;
      high[d] = high[d]! + sh + ((sum >>> 0) < (sl >>> 0) ? 1 : 0);
      return;
    }
    case 4: // OR
      low[d] = low[d]! | sl;
      high[d] = high[d]! | sh;
      return;
    case 5: // AND
      low[d] = low[d]! & sl;
      high[d] = high[d]! & sh;
      return;
    case 10: // XOR
      low[d] = low[d]! ^ sl;
      high[d] = high[d]! ^ sh;
      return;
    case 11: // MOV
      low[d] = sl;
      high[d] = sh;
      return;
    default:
      rarer64(low, high, operation, d, sl, sh);
  }
}

/** The rest of {@linkcode alu64}. */
function rarer64(
  low: Int32Array,
  high: Int32Array,
  operation: number,
  d: number,
  sl: number,
  sh: number,
): void {
  const dl = low[d]!;
  const dh = high[d]!;
  switch (operation) {
    case 1: // SUB
      low[d] = dl - sl;
      high[d] = dh - sh - ((dl >>> 0) < (sl >>> 0) ? 1 : 0);
      return;
    case 2: // MUL
      low[d] = Math.imul(dl, sl);
      high[d] = (upperOfProduct(dl, sl) + Math.imul(dl, sh) + Math.imul(dh, sl)) | 0;
      return;
    case 8: // NEG
      low[d] = -dl;
      high[d] = ~dh + (dl === 0 ? 1 : 0);
      return;
    case 6: { // LSH
      const by = sl & 63;
      if (by >= 32) {
        high[d] = dl << (by - 32);
        low[d] = 0;
      } else if (by > 0) {
        high[d] = (dh << by) | (dl >>> (32 - by));
        low[d] = dl << by;
      }
      return;
    }
    case 7: { // RSH
      const by = sl & 63;
      if (by >= 32) {
        low[d] = dh >>> (by - 32);
        high[d] = 0;
      } else if (by > 0) {
        low[d] = (dl >>> by) | (dh << (32 - by));
        high[d] = dh >>> by;
      }
      return;
    }
    case 12: { // ARSH
      const by = sl & 63;
      if (by >= 32) {
        low[d] = dh >> (by - 32);
        high[d] = dh >> 31;
      } else if (by > 0) {
        low[d] = (dl >>> by) | (dh << (32 - by));
        high[d] = dh >> by;
      }
      return;
    }
    case 3: // DIV
    case 9: // MOD
      if ((dh | sh) === 0 && sl !== 0) {
        low[d] = operation === DIV ? Math.floor((dl >>> 0) / (sl >>> 0)) : (dl >>> 0) % (sl >>> 0);
        return;
      }
      return divide(low, high, d, operation, sl, sh);
    case 16: // SDIV
    case 17: // SMOD
      return divide(low, high, d, operation, sl, sh);
    case 18: // MOVSX8
      low[d] = sl << 24 >> 24;
      high[d] = sl << 24 >> 31;
      return;
    case 19: // MOVSX16
      low[d] = sl << 16 >> 16;
      high[d] = sl << 16 >> 31;
      return;
    case 20: // MOVSX32
      low[d] = sl;
      high[d] = sl >> 31;
      return;
    case 21: // LE16
      low[d] = dl & 0xffff;
      high[d] = 0;
      return;
    case 22: // LE32
      high[d] = 0;
      return;
    case 23: // LE64
      return;
    case 24: // SWAP16
      low[d] = ((dl & 0xff) << 8) | ((dl >>> 8) & 0xff);
      high[d] = 0;
      return;
    case 25: // SWAP32
      low[d] = swap(dl);
      high[d] = 0;
      return;
    case 26: // SWAP64
      low[d] = swap(dh);
      high[d] = swap(dl);
      return;
  }
}

/** Does an operation of 32 bits; the upper half of the result is 0. */
export function alu32(low: Int32Array, high: Int32Array, operation: number, d: number, s: number): void {
  const a = low[d]!;
  high[d] = 0;
  switch (operation) {
    case 0: // ADD
      low[d] = a + s;
      return;
    case 1: // SUB
      low[d] = a - s;
      return;
    case 2: // MUL
      low[d] = Math.imul(a, s);
      return;
    case 4: // OR
      low[d] = a | s;
      return;
    case 5: // AND
      low[d] = a & s;
      return;
    case 10: // XOR
      low[d] = a ^ s;
      return;
    case 11: // MOV
      low[d] = s;
      return;
    case 8: // NEG
      low[d] = -a;
      return;
    case 6: // LSH
      low[d] = a << s;
      return;
    case 7: // RSH
      low[d] = a >>> s;
      return;
    case 12: // ARSH
      low[d] = a >> s;
      return;
    case 3: // DIV
      low[d] = s === 0 ? 0 : Math.floor((a >>> 0) / (s >>> 0));
      return;
    case 9: // MOD
      if (s !== 0) low[d] = (a >>> 0) % (s >>> 0);
      return;
    case 16: // SDIV
      low[d] = s === 0 ? 0 : Math.trunc(a / s);
      return;
    case 17: // SMOD
      if (s !== 0) low[d] = a % s;
      return;
    case 18: // MOVSX8
      low[d] = s << 24 >> 24;
      return;
    case 19: // MOVSX16
      low[d] = s << 16 >> 16;
      return;
  }
}

/** Divides where 64 bits are needed. A division by 0 gives 0, and its remainder is the dividend (RFC 9669, section 4.1). */
function divide(
  low: Int32Array,
  high: Int32Array,
  d: number,
  operation: number,
  sl: number,
  sh: number,
): void {
  if ((sl | sh) === 0) {
    if (operation === DIV || operation === SDIV) low[d] = high[d] = 0;
    return;
  }
  const signed = operation === SDIV || operation === SMOD;
  const dividend = wide(low[d]!, high[d]!, signed);
  const divisor = wide(sl, sh, signed);
  const result = operation === DIV || operation === SDIV ? dividend / divisor : dividend % divisor;
  low[d] = Number(BigInt.asIntN(32, result));
  high[d] = Number(BigInt.asIntN(32, result >> 32n));
}

function wide(low: number, high: number, signed: boolean): bigint {
  return BigInt(signed ? high : high >>> 0) << 32n | BigInt(low >>> 0);
}

/** The bits from 32 on of the product of two unsigned numbers of 32 bits. */
function upperOfProduct(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  // None of these sums reaches 2^32.
  const middle = ah * bl + (Math.imul(al, bl) >>> 16);
  const other = al * bh + (middle & 0xffff);
  return (Math.imul(ah, bh) + (middle >>> 16) + (other >>> 16)) | 0;
}

function swap(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
