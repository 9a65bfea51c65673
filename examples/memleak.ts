/** What a program allocates and does not free, by stack. `deno run --allow-ffi examples/memleak.ts --pid PID [LIBC]` */
import { hash, type StackTrace, uprobe, uretprobe } from "../src/trace/mod.ts";
import { u32, u64 } from "../mod.ts";
import { stdout, table } from "../src/output/mod.ts";
import { Symbolizer } from "../src/symbols/mod.ts";
import { ended, example } from "./_example.ts";

const LIBC = "libc";

await example(
  "What a program allocates and does not free, by stack.",
  { word: String, pid: Number },
  async (options) => {
    const { json, signal, pid = 0, word: libc = LIBC } = options;
    using sizes = hash(u32, u64, { lru: true });
    using kept = hash<number, { size: number; stack: StackTrace }>(undefined, undefined, {
      maxEntries: 100_000,
    });
    using symbolizer = new Symbolizer();
    const only = pid === 0 ? {} : { pid };
    using _malloc = uprobe(`${libc}:malloc`, { sizes }, (c, { sizes }) => sizes.set(c.tid, c.args[0]), only);
    using _returned = uretprobe(`${libc}:malloc`, { sizes, kept }, (c, { sizes, kept }) => {
      const size = sizes.get(c.tid);
      if (size !== undefined) kept.set(c.retval, { size, stack: c.ustack() });
    }, only);
    using _free = uprobe(`${libc}:free`, { kept }, (c, { kept }) => void kept.delete(c.args[0]), only);
    await ended(signal);
    const byStack = new Map<string, { bytes: number; count: number }>();
    for (const [, { size, stack }] of kept) {
      const where = symbolizer.stack(stack).slice(0, 6).map(({ name }) => name ?? "?").join(" < ");
      const sum = byStack.get(where) ?? { bytes: 0, count: 0 };
      byStack.set(where, { bytes: sum.bytes + Number(size), count: sum.count + 1 });
    }
    const rows = [...byStack].map(([stack, sum]) => ({ ...sum, stack })).sort((a, b) => b.bytes - a.bytes);
    using out = stdout();
    if (json) { for (const row of rows) out.print(JSON.stringify(row)); }
    else {
      out.print(table(rows.slice(0, 20), [
        { header: "KEPT", value: ({ bytes }) => bytes, unit: "bytes" },
        { header: "COUNT", value: ({ count }) => count },
        { header: "STACK", value: ({ stack }) => stack },
      ]));
    }
  },
);
