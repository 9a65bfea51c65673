/**
 * Buckets of histograms.
 *
 * @module
 */
import {
  add,
  div,
  ja,
  jeq,
  jlt,
  jsge,
  jslt,
  ldImm64,
  mov,
  r0,
  r1,
  r2,
  type Register64,
  rsh,
  sub,
} from "../../asm/mod.ts";
import type { LinearBuckets } from "../ir/buckets.ts";
import type { Scalar } from "../ir/tree.ts";
import type { Code } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { isImmediate } from "./registers.ts";

/** The bucket of values below 0: after those of 0 to 64 bits. */
export const BELOW_ZERO = 65;

/** How many buckets of equal size there are, with those for what is below and above. */
export function bucketCount({ from, to, step }: LinearBuckets): number {
  return Number((to - from) / step) + 2;
}

/** Computes the number of a bucket into r0. */
export function emitBucket(
  emitter: Emitter,
  { of, linear, place }: Extract<Scalar, { kind: "bucket" }>,
): void {
  emitter.scalar(of);
  emitter.code.at(place);
  if (linear) emitLinear(emitter, linear);
  else emitLog2(emitter);
}

function emitLinear({ code }: Emitter, buckets: LinearBuckets): void {
  const { from, to, step } = buckets;
  const [below, above, end] = [code.label(), code.label(), code.label()];
  code.jump(jslt(r0, operand(code, from), 0), below);
  code.jump(jsge(r0, operand(code, to), 0), above);
  code.add(sub(r0, operand(code, from)));
  code.add(div(r0, operand(code, step)), add(r0, 1));
  code.jump(ja(0), end);
  code.place(below);
  code.add(mov(r0, 0));
  code.jump(ja(0), end);
  code.place(above);
  code.add(mov(r0, bucketCount(buckets) - 1));
  code.place(end);
}

/** A number as what an instruction takes: r1 where it is too large for the instruction itself. */
function operand(code: Code, value: bigint): number | Register64 {
  if (isImmediate(value)) return Number(value);
  code.add(ldImm64(r1, value));
  return r1;
}

/** Makes of the value in r0 how many bits it has; of one below 0, {@linkcode BELOW_ZERO}. */
function emitLog2({ code }: Emitter): void {
  const [positive, end] = [code.label(), code.label()];
  code.jump(jsge(r0, 0, 0), positive);
  code.add(mov(r0, BELOW_ZERO));
  code.jump(ja(0), end);
  code.place(positive);
  code.add(mov(r1, 0), mov(r2, r0), rsh(r2, 32));
  const low = code.label();
  code.jump(jeq(r2, 0, 0), low);
  code.add(mov(r1, 32), mov(r0, r2));
  code.place(low);
  for (const step of [16, 8, 4, 2, 1]) {
    const smaller = code.label();
    code.jump(jlt(r0, 2 ** step, 0), smaller);
    code.add(add(r1, step), rsh(r0, step));
    code.place(smaller);
  }
  code.add(add(r0, r1)); // what is left is 0 or 1
  code.place(end);
}
