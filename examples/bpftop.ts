/** BPF programs by the time that they take. `deno run --allow-ffi examples/bpftop.ts` */
import { enableStats, listPrograms } from "../mod.ts";
import { stdout, table } from "../src/output/mod.ts";
import { ended, example } from "./_example.ts";

const SECOND = 1000;

await example("BPF programs by the time that they take.", {}, async ({ json, signal, duration = SECOND }) => {
  using _stats = enableStats();
  const before = new Map(listPrograms().map((program) => [program.id, program]));
  await Promise.race([ended(signal), new Promise((resolve) => setTimeout(resolve, duration * 0.9))]);
  const rows = listPrograms().map(({ id, type, name, runCount, runTime }) => {
    const runs = Number(runCount - (before.get(id)?.runCount ?? 0n));
    const ns = Number(runTime - (before.get(id)?.runTime ?? 0n));
    return { id, type, name, runs, ns, each: runs > 0 ? ns / runs : 0, share: ns / (duration * 0.9 * 1e4) };
  }).sort((a, b) => b.ns - a.ns);
  using out = stdout();
  if (json) { for (const row of rows) out.print(JSON.stringify(row)); }
  else {
    out.print(table(rows, [
      { header: "ID", value: ({ id }) => id },
      { header: "TYPE", value: ({ type }) => type },
      { header: "NAME", value: ({ name }) => name },
      { header: "RUNS", value: ({ runs }) => runs },
      { header: "EACH", value: ({ each }) => each, unit: "ns" },
      { header: "CPU %", value: ({ share }) => share.toFixed(3), align: "right" },
    ]));
  }
});
