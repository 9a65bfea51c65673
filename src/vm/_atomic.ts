/** Atomic operations on memory; with one thread they are plain ones. */
import { ATOMIC } from "../asm/core.ts";
import { alu64 } from "./_arithmetic.ts";
import type { Region } from "./_memory.ts";

/** The operation of arithmetic, which the immediate has in the bits of `ALU`. */
const OPERATION_BITS = 0xf0;
/** A scratch register pair, for the value in memory. */
const cellLow = new Int32Array(1);
const cellHigh = new Int32Array(1);

/** Does the operation of `imm` at a place in a region, with the register `s` and perhaps r0. */
export function atomic(
  low: Int32Array,
  high: Int32Array,
  { view }: Region,
  at: number,
  size: number,
  imm: number,
  s: number,
): void {
  const oldLow = view.getInt32(at, true);
  const oldHigh = size === 8 ? view.getInt32(at + 4, true) : 0;
  const sl = low[s]!;
  const sh = high[s]!;
  if (imm === ATOMIC.CMPXCHG) {
    if (oldLow === low[0] && (size === 4 || oldHigh === high[0])) store(view, at, size, sl, sh);
    low[0] = oldLow;
    high[0] = oldHigh;
    return;
  }
  if (imm === ATOMIC.XCHG) {
    store(view, at, size, sl, sh);
  } else {
    cellLow[0] = oldLow;
    cellHigh[0] = oldHigh;
    alu64(cellLow, cellHigh, (imm & OPERATION_BITS) >> 4, 0, sl, sh);
    store(view, at, size, cellLow[0], cellHigh[0]);
  }
  if (imm & ATOMIC.FETCH) {
    low[s] = oldLow;
    high[s] = oldHigh;
  }
}

function store(view: DataView, at: number, size: number, low: number, high: number): void {
  view.setInt32(at, low, true);
  if (size === 8) view.setInt32(at + 4, high, true);
}
