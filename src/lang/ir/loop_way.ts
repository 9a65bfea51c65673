/**
 * Loops that the kernel runs.
 *
 * @module
 */

/** How the kernel runs loops: by jumps that it counts (`may_goto`, Linux 6.9), or by calls of a function (`bpf_loop()`, 5.17). */
export type LoopWay = "may_goto" | "bpf_loop";
