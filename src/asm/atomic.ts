/**
 * Atomic operations on memory of 4 or 8 bytes, and loads and stores that order others.
 *
 * @module
 */
import { build } from "./_build.ts";
import type { Instruction } from "./instruction.ts";
import type { Memory } from "./memory.ts";
import { ATOMIC, CLASS, MODE } from "./opcode.ts";
import type { Register64 } from "./register.ts";
import { SIZE_BITS, type UnsignedSize } from "./size.ts";

/** Widths of atomic operations: 4 and 8 bytes. */
export type AtomicSize = "u32" | "u64";

/**
 * `lock *(size *)(base + offset) += src`.
 *
 * @example Count in a map's value that r0 points to
 * ```ts
 * import { atomicAdd, type Instruction, mov, r0, r1 } from "@waggle/ebpf/asm";
 *
 * const count: Instruction[] = [mov(r1, 1), atomicAdd("u64", [r0, 0], r1)];
 * ```
 */
export function atomicAdd(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.ADD, size, memory, src);
}

/** `lock *(size *)(base + offset) &= src`. Since Linux 5.12. */
export function atomicAnd(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.AND, size, memory, src);
}

/** `lock *(size *)(base + offset) |= src`. Since Linux 5.12. */
export function atomicOr(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.OR, size, memory, src);
}

/** `lock *(size *)(base + offset) ^= src`. Since Linux 5.12. */
export function atomicXor(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.XOR, size, memory, src);
}

/** Adds `src` to memory; `src` gets the old value. Since Linux 5.12. */
export function atomicFetchAdd(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.ADD | ATOMIC.FETCH, size, memory, src);
}

/** Ands `src` into memory; `src` gets the old value. Since Linux 5.12. */
export function atomicFetchAnd(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.AND | ATOMIC.FETCH, size, memory, src);
}

/** Ors `src` into memory; `src` gets the old value. Since Linux 5.12. */
export function atomicFetchOr(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.OR | ATOMIC.FETCH, size, memory, src);
}

/** Xors `src` into memory; `src` gets the old value. Since Linux 5.12. */
export function atomicFetchXor(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.XOR | ATOMIC.FETCH, size, memory, src);
}

/** Exchanges `src` and memory (`BPF_XCHG`). Since Linux 5.12. */
export function atomicXchg(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.XCHG, size, memory, src);
}

/** Stores `src` if memory equals r0; r0 gets the old value (`BPF_CMPXCHG`). Since Linux 5.12. */
export function atomicCmpxchg(size: AtomicSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.CMPXCHG, size, memory, src);
}

/** Loads into `dst`; no later access goes before it (`BPF_LOAD_ACQ`). Since Linux 6.15. */
export function loadAcquire(size: UnsignedSize, dst: Register64, [src, offset]: Memory): Instruction {
  return build(CLASS.STX | MODE.ATOMIC | SIZE_BITS[size], { dst, src, offset, imm: ATOMIC.LOAD_ACQ });
}

/** Stores `src`; no earlier access goes after it (`BPF_STORE_REL`). Since Linux 6.15. */
export function storeRelease(size: UnsignedSize, memory: Memory, src: Register64): Instruction {
  return atomic(ATOMIC.STORE_REL, size, memory, src);
}

function atomic(operation: number, size: UnsignedSize, [dst, offset]: Memory, src: Register64): Instruction {
  return build(CLASS.STX | MODE.ATOMIC | SIZE_BITS[size], { dst, src, offset, imm: operation });
}
