/**
 * Bytes in memory.
 *
 * @module
 */
import { type Register64, st } from "../../asm/mod.ts";
import type { Code } from "./code.ts";
import { widthOf } from "./registers.ts";

/** A place in memory: a register that keeps its value over calls, and an offset in bytes. */
export interface Destination {
  readonly base: Register64;
  readonly offset: number;
}

/** A step of an access: aligned, and as large as it can be. */
export interface Step {
  /** In bytes from the start. */
  readonly at: number;
  readonly size: 1 | 2 | 4 | 8;
}

/** The steps by which so many bytes are gone through from an offset on, each aligned, and of at most so many bytes. */
export function* stepsOf(offset: number, size: number, most = 8): Generator<Step> {
  for (let at = 0; at < size;) {
    const step = ([8, 4, 2, 1] as const).find((step) =>
      step <= most && size - at >= step && (offset + at) % step === 0
    ) ?? 1;
    yield { at, size: step };
    at += step;
  }
}

/** The steps by which so many bytes are copied from one offset to another, each aligned at both. */
export function* stepsBetween(from: number, to: number, size: number): Generator<Step> {
  const distance = Math.abs(to - from);
  const most = ([8, 4, 2, 1] as const).find((step) => distance % step === 0) ?? 1;
  for (const { at, size: whole } of stepsOf(to, size)) {
    const step = whole < most ? whole : most;
    for (let part = 0; part < whole; part += step) yield { at: at + part, size: step };
  }
}

/** Zeroes so many bytes. */
export function zero(code: Code, { base, offset }: Destination, size: number): void {
  for (const { at, size: step } of stepsOf(offset, size)) code.add(st(widthOf(step), [base, offset + at], 0));
}
