/**
 * Damaged objects, types and programs: nothing but the errors meant for them, soon, with little memory, and no system call.
 *
 * Cases are the same in every run. By hand, longer: `FUZZ_CASES=5000000 deno test -A tests/fuzz`; other ones by
 * `FUZZ_SEED=7`; a single one, as a failure names it, by `FUZZ_CASE=elf:1:4711`.
 */
import { assert } from "@std/assert";
import process from "node:process";
import { test } from "../_harness.ts";
import { fuzz } from "./_fuzz.ts";
import type { TargetName } from "./_targets.ts";

/** Cases a seed, and the least and largest share whose bytes are taken: else damage is too light or too heavy to tell. */
const PLAN: readonly (readonly [TargetName, number, number, number])[] = [
  ["elf", 15_000, 0.1, 0.9],
  ["btf", 12_000, 0.1, 0.9],
  ["ext", 12_000, 0.1, 0.9],
  ["relocate", 10_000, 0.1, 0.9],
  ["asm", 10_000, 0.1, 0.99],
];

/** Bun's suite runs a part of them: the parsers are the same, only slower there. */
const SHARE = process.versions["bun"] === undefined ? 1 : 0.1;

const { FUZZ_CASES, FUZZ_SEED = "1", FUZZ_CASE } = process.env;
const SEEDS = [Number(FUZZ_SEED), Number(FUZZ_SEED) + 1];

// Deno opens an epoll and an eventfd for the first worker and keeps them; not a leak of the first test who has one.
await fuzz("asm", [0], 0, 0);

for (const [target, usual, least, most] of PLAN) {
  test(`damaged bytes get ${target} to nothing but refuse them, and that soon`, async () => {
    if (FUZZ_CASE !== undefined) {
      const [name, seed = 0, number = 0] = FUZZ_CASE.split(":");
      if (name === target) await fuzz(target, [Number(seed)], Number(number), 1);
      return;
    }
    const count = Math.ceil(FUZZ_CASES === undefined ? usual * SHARE : Number(FUZZ_CASES) / SEEDS.length);
    const taken = await fuzz(target, SEEDS, 0, count);
    assert(taken > least && taken < most, `${(taken * 100).toFixed(1)} % of the bytes are taken`);
  });
}
