/**
 * CPUs of the machine.
 *
 * @module
 */
import { readTextFile } from "../sys/mod.ts";

let possible: number | undefined;

/**
 * How many CPUs the kernel may ever have (`num_possible_cpus()`): the number of values in an element of a per-CPU map.
 */
export function possibleCpus(): number {
  return possible ??= 1 + lastOf(readTextFile("/sys/devices/system/cpu/possible"));
}

/** The last CPU of a list such as `0-3,8-11`. The possible ones are numbered without gaps on our processors. */
function lastOf(list: string): number {
  return Number(/(\d+)\s*$/.exec(list)?.[1] ?? 0);
}

/** The numbers of the CPUs that run now, in ascending order. */
export function onlineCpus(): number[] {
  const list = readTextFile("/sys/devices/system/cpu/online").trim();
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
