/**
 * Starts the program given, which attaches to the beginning of system calls, and prints how long a run of its program in the
 * kernel took, in ns (`run_time_ns` by `run_cnt` of `struct bpf_prog_info`).
 */
import { enableStats, listPrograms } from "../../src/program/mod.ts";
import { attached } from "./attached.ts";

const [program = "", ...args] = Deno.args;

const before = new Set(listPrograms().map(({ id }) => id));
await using _ = await attached(program, args);
using _stats = enableStats();
for (let i = 0; i < 5; i++) {
  const [time, runs] = totals();
  await new Deno.Command("dd", {
    args: ["if=/dev/zero", "of=/dev/null", "bs=1", "count=200000"],
    stderr: "null",
  }).output();
  const [timeAfter, runsAfter] = totals();
  console.log((timeAfter - time) / (runsAfter - runs));
}

function totals(): [time: number, runs: number] {
  const own = listPrograms().filter(({ id, type }) => type === "tracepoint" && !before.has(id));
  const sum = (values: readonly bigint[]) => Number(values.reduce((all, value) => all + value, 0n));
  return [sum(own.map(({ runTime }) => runTime)), sum(own.map(({ runCount }) => runCount))];
}
