/**
 * Samples stacks at 99 Hz and prints them folded, for flame graphs, or writes a profile for pprof.
 * `deno run --allow-ffi examples/profile.ts [--pid PID]`; with `--pprof profile.pb.gz`, `--allow-write` too
 */
import { writeFileSync } from "node:fs";
import { counter, profile, type StackTrace } from "../src/trace/mod.ts";
import { foldedStacks, jsonLine, stdout } from "../src/output/mod.ts";
import { Symbolizer } from "../src/symbols/mod.ts";
import { ended, example } from "./_example.ts";

interface Sample {
  readonly comm: string;
  readonly kernel: StackTrace;
  readonly user: StackTrace;
}

await example(
  "Samples stacks at 99 Hz and prints them folded, for flame graphs.",
  { pid: Number, pprof: String },
  async ({ json, signal, pid = 0, pprof: file }) => {
    using samples = counter<Sample>();
    using symbolizer = new Symbolizer();
    using _probe = profile(99, { samples, pid }, (c, { samples, pid }) => {
      if (c.pid === 0 || pid !== 0 && c.pid !== pid) return; // nobody runs, or another
      samples.count({ comm: c.comm, kernel: c.kstack(), user: c.ustack() });
    });
    await ended(signal);
    const stacks = [...samples].map(([{ comm, kernel, user }, count]) => ({
      frames: [kernel, user].flatMap((stack) =>
        symbolizer.stack(stack).map(({ name }) => name ?? "[unknown]")
      ),
      count,
      labels: { comm },
    }));
    if (file !== undefined) {
      const { pprof } = await import("../src/output/pprof.ts");
      return writeFileSync(file, await pprof(stacks));
    }
    using out = stdout();
    if (json) { for (const stack of stacks) out.print(jsonLine(stack)); }
    else out.print(foldedStacks(stacks));
  },
);
