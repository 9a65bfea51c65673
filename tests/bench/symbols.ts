/**
 * Prints how long 10,000 distinct stacks of the kernel and of this process take to get names, in milliseconds, the files read
 * before. Stacks are of 10 frames of the kernel and 20 of the process, each at another function.
 */
import { Symbolizer } from "../../src/symbols/mod.ts";
import { readTextFile } from "../../src/sys/mod.ts";

const STACKS = 10_000;
const ROUNDS = 5;

const starts = Array.from(
  readTextFile("/proc/kallsyms").matchAll(/^(\w{16}) [tT] \S+$/gm),
  ([, at]) => BigInt(`0x${at}`),
);
const pid = Number(/^Pid:\t(\d+)/m.exec(readTextFile("/proc/self/status"))?.[1]);
const code = Array.from(
  readTextFile("/proc/self/maps").matchAll(/^(\w+)-(\w+) r-xp \S+ \S+ \d+ +\/.*\.so/gm),
  ([, start, end]) => [BigInt(`0x${start}`), BigInt(`0x${end}`)] as const,
);

using symbolizer = new Symbolizer();
const stacks = Array.from({ length: STACKS }, (_, stack) => ({
  pid,
  kernel: BigUint64Array.from(
    { length: 10 },
    (_, frame) => starts[(stack * 7 + frame * 1009) % starts.length]! + 4n,
  ),
  user: BigUint64Array.from({ length: 20 }, (_, frame) => {
    const [start = 0n, end = 1n] = code[(stack + frame) % code.length] ?? [];
    return start + BigInt(stack * 7919 + frame * 104729) % (end - start);
  }),
}));
for (let round = 0; round < ROUNDS; round++) {
  const start = performance.now();
  for (const stack of stacks) symbolizer.stack(stack);
  if (round > 0) console.log(performance.now() - start);
}
