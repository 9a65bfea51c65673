import { LITTLE_ENDIAN } from "./int.ts";

/** Bits that follow each other, as C fills them: from the lowest one on little-endian machines, else from the highest. */
export interface BitRun {
  /** The first byte that has some of them, from the place that is read. */
  readonly first: number;
  /** How many bytes have some of them. */
  readonly count: number;
  /** How far they are from the lowest bit of the number that these bytes make. */
  readonly shift: number;
  readonly width: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
}

/** The run of `width` bits from bit `start` on. */
export function bitRun(
  start: number,
  width: number,
  signed: boolean,
  littleEndian: boolean = LITTLE_ENDIAN,
): BitRun {
  const before = start % 8;
  const count = Math.ceil((before + width) / 8);
  const shift = littleEndian ? before : count * 8 - before - width;
  return { first: start >>> 3, count, shift, width, signed, littleEndian };
}

/** Whether all of it is in one number of 32 bits, so that no bigint is needed. */
export function isShort({ count }: BitRun): boolean {
  return count <= 4;
}

/** Reads a {@linkcode isShort} run. */
export function readShort(run: BitRun, view: DataView, at: number): number {
  const { first, shift, width, signed } = run;
  const high = loadWord(run, view, at + first) << (32 - shift - width);
  return signed ? high >> (32 - width) : high >>> (32 - width);
}

/** Writes a {@linkcode isShort} run, and leaves the bits around it as they are. */
export function writeShort(run: BitRun, view: DataView, at: number, value: number): void {
  const { first, shift, width } = run;
  const mask = -1 >>> (32 - width);
  const word = loadWord(run, view, at + first) & ~(mask << shift);
  storeWord(run, view, at + first, word | (value & mask) << shift);
}

function loadWord({ count, littleEndian }: BitRun, view: DataView, at: number): number {
  switch (count) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, littleEndian);
    case 3:
      return littleEndian
        ? view.getUint16(at, true) | view.getUint8(at + 2) << 16
        : view.getUint16(at) << 8 | view.getUint8(at + 2);
    default:
      return view.getUint32(at, littleEndian);
  }
}

function storeWord({ count, littleEndian }: BitRun, view: DataView, at: number, word: number): void {
  switch (count) {
    case 1:
      view.setUint8(at, word);
      break;
    case 2:
      view.setUint16(at, word, littleEndian);
      break;
    case 3:
      view.setUint16(at, littleEndian ? word : word >> 8, littleEndian);
      view.setUint8(at + 2, littleEndian ? word >> 16 : word);
      break;
    default:
      view.setUint32(at, word, littleEndian);
  }
}

/** Reads a run of any length. */
export function readLong(run: BitRun, view: DataView, at: number): bigint {
  const value = load(run, view, at) >> BigInt(run.shift);
  return run.signed ? BigInt.asIntN(run.width, value) : BigInt.asUintN(run.width, value);
}

/** Writes a run of any length, and leaves the bits around it as they are. */
export function writeLong(run: BitRun, view: DataView, at: number, value: bigint): void {
  const { first, count, shift, width, littleEndian } = run;
  const mask = (1n << BigInt(width)) - 1n;
  let word = load(run, view, at) & ~(mask << BigInt(shift)) | (value & mask) << BigInt(shift);
  for (let i = 0; i < count; i++) {
    view.setUint8(at + first + (littleEndian ? i : count - 1 - i), Number(word & 0xffn));
    word >>= 8n;
  }
}

function load({ first, count, littleEndian }: BitRun, view: DataView, at: number): bigint {
  let word = 0n;
  for (let i = 0; i < count; i++) {
    word = word << 8n | BigInt(view.getUint8(at + first + (littleEndian ? count - 1 - i : i)));
  }
  return word;
}
