/**
 * Loops that the kernel runs.
 *
 * @module
 */

/** How many passes the kernel runs at most: `BPF_MAX_LOOPS` of include/linux/bpf_verifier.h. */
export const BPF_MAX_LOOPS: number = 8 * 1024 * 1024;

/** How the kernel runs loops: by jumps that it counts (`may_goto`, Linux 6.9), or by calls of a function (`bpf_loop()`, 5.17). */
export type LoopWay = "may_goto" | "bpf_loop";
