/**
 * BPF instructions: written, encoded, decoded, printed. Pure; nothing here asks the kernel.
 *
 * @example A program that counts packets, as text and as bytes
 * ```ts
 * import { add, atomicAdd, call, disassemble, encode, exit, jeq, label, ldMap } from "@waggle/ebpf/asm";
 * import { mov, r0, r1, r10, r2, st } from "@waggle/ebpf/asm";
 *
 * const program = [
 *   st("u32", [r10, -4], 0),
 *   mov(r2, r10),
 *   add(r2, -4),
 *   ldMap(r1, 3), // the descriptor of an array map
 *   call("bpf_map_lookup_elem"),
 *   jeq(r0, 0, "out"),
 *   mov(r1, 1),
 *   atomicAdd("u64", [r0, 0], r1),
 *   label("out", mov(r0, 0)),
 *   exit(),
 * ];
 * const text: string = disassemble(program);
 * const bytes: Uint8Array = encode(program);
 * ```
 *
 * @module
 */

// The instruction and its bytes
export * from "./core.ts";

// Text
export { disassemble } from "./disassemble.ts";
export { formatInstruction } from "./format.ts";

// Registers
export { r0, r1, r10, r2, r3, r4, r5, r6, r7, r8, r9 } from "./register.ts";
export { w0, w1, w10, w2, w3, w4, w5, w6, w7, w8, w9 } from "./register.ts";
export type { Register, Register32, Register64 } from "./register.ts";

// Arithmetic
export { add, and, arsh, div, lsh, mod, mov, movsx, mul, neg, or, rsh, sdiv, smod, sub, xor } from "./alu.ts";
export { addrSpaceCast, bswap, toBe, toLe } from "./alu.ts";

// Jumps
export { gotol, gotox, ja, label, mayGoto } from "./jump.ts";
export { jeq, jge, jgt, jle, jlt, jne, jset, jsge, jsgt, jsle, jslt } from "./jump.ts";
export type { JumpTarget } from "./jump.ts";

// Calls
export { call, callFunction, callKfunc, exit } from "./call.ts";
export { helperName, HELPERS } from "./helpers.ts";
export type { HelperName } from "./helpers.ts";

// Memory
export { ldAbs, ldInd, ldx, st, stx } from "./memory.ts";
export type { Memory } from "./memory.ts";
export type { SignedSize, UnsignedSize } from "./size.ts";
export { atomicAdd, atomicAnd, atomicCmpxchg, atomicOr, atomicXchg, atomicXor } from "./atomic.ts";
export { atomicFetchAdd, atomicFetchAnd, atomicFetchOr, atomicFetchXor } from "./atomic.ts";
export { loadAcquire, storeRelease } from "./atomic.ts";
export type { AtomicSize } from "./atomic.ts";

// 64-bit immediates and addresses
export { ldFunction, ldImm64, ldKsym, ldMap, ldMapIndex, ldMapIndexValue, ldMapValue } from "./ld_imm64.ts";
