/**
 * Prints every form of output, for tests that keep what it looks like: `deno run --allow-ffi tests/output/_screens.ts`.
 *
 * @module
 */
import {
  type Column,
  escapeControls,
  foldedStacks,
  type Histogram,
  histograms,
  jsonLine,
  linearHistogram,
  liveTop,
  log2Histogram,
  Rates,
  RowPrinter,
  sparkline,
  stdout,
  table,
} from "../../src/output/mod.ts";

using out = stdout();

function heading(text: string): void {
  out.print(`\n# ${text}\n`);
}

/** Values that are spread like latencies, the same each time: MINSTD. */
function latency(seed: number, count: number, spread: number): Histogram {
  const histogram = log2Histogram({ unit: "ns" });
  let state = seed;
  const next = () => (state = state * 48271 % 0x7fffffff) / 0x7fffffff;
  for (let i = 0; i < count; i++) histogram.add(Math.floor(600 * 2 ** (spread * (next() + next()))));
  return histogram;
}

heading("log2 histogram");
out.print(log2Histogram({ buckets: [[0, 3n], [1, 1n], [3, 36n], [8, 2n], [11, 20n], [12, 100n]] }));

heading("log2 histogram of time, with a mean");
out.print(latency(1, 12_345, 6));

heading("log2 histogram of bytes");
out.print(log2Histogram({ unit: "bytes", buckets: [[10, 7], [12, 19], [13, 5], [21, 1]], sum: 1_234_567 }));

heading("linear histogram");
const lines = linearHistogram({ max: 100, step: 10 });
for (const value of [-5, 3, 12, 14, 15, 33, 33, 37, 99, 100, 1000]) lines.add(value);
out.print(lines);

heading("no values");
out.print(log2Histogram());

heading("histograms by key");
out.print(histograms([
  ["postgres: checkpointer", latency(3, 4000, 5)],
  ["bash", latency(2, 900, 7)],
  ["evil\x1b[2J\nname", latency(4, 20, 3)],
]));

interface Row {
  readonly pid: number;
  readonly comm: string;
  readonly file: string;
  readonly read: bigint;
  readonly time: number | undefined;
}

const ROWS: readonly Row[] = [
  { pid: 1, comm: "systemd", file: "/proc/self/mountinfo", read: 4096n, time: 830 },
  {
    pid: 31337,
    comm: "größe 🐝",
    file: `/srv/${"a-long-folder/".repeat(8)}file`,
    read: 1n << 31n,
    time: 1_530_000,
  },
  {
    pid: 402,
    comm: "日本語プロセス",
    file: "/home/ユーザー/書類/とても長いファイル名のテキスト文書.txt",
    read: 0n,
    time: undefined,
  },
  { pid: 77, comm: "x\x1b]0;owned\x07", file: "/tmp/line\nbreak\ttab\u202egnp", read: 999n, time: 12e9 },
];

const COLUMNS: readonly Column<Row>[] = [
  { header: "PID", value: ({ pid }) => pid, align: "right", width: 7 },
  { header: "COMM", value: ({ comm }) => comm, width: 16 },
  { header: "READ", value: ({ read }) => read, unit: "bytes", width: 8 },
  { header: "TIME", value: ({ time }) => time, unit: "ns", width: 8 },
  { header: "FILE", value: ({ file }) => file },
];

heading("table");
out.print(table(ROWS, COLUMNS));

heading("rows");
const rows = new RowPrinter(out, COLUMNS);
rows.header();
for (const row of ROWS) rows.print(row);

heading("sparkline");
const waves = Array.from({ length: 40 }, (_, i) => 50 + 50 * Math.sin(i / 3));
out.print(
  `${sparkline([0, 1, 2, 3, 4, 5, 6, 7, NaN, 7], {}, out.terminal)}  ${
    sparkline(waves, { width: 30 }, out.terminal)
  }`,
);

heading("JSON lines");
out.print(
  jsonLine({
    time: new Date(1e12),
    pid: 7,
    bytes: 1n << 60n,
    comm: "x\x1b[2J\n\u2028",
    id: new Uint8Array([222, 173]),
  }),
);
out.print(jsonLine(lines));

heading("folded stacks");
out.print(foldedStacks([
  { frames: ["read", "main;0", "_start"], count: 3, labels: { comm: "cat" } },
  { frames: ["read", "main;0", "_start"], count: 2n, labels: { comm: "cat" } },
  { frames: ["[unknown]"], count: 1, labels: { comm: escapeControls("a\nb") } },
]));

heading("top");
const SNAPSHOTS: readonly (readonly (readonly [string, bigint])[])[] = [
  [["cat", 10n], ["dd", 500n], ["sh", 7n]],
  [["cat", 110n], ["dd", 525n], ["sh", 7n], ["curl", 5n]],
  [["cat", 310n], ["dd", 530n], ["curl", 5n]],
];
const rates = new Rates<string>();
const end = new AbortController();
let drawn = 0;
await liveTop(out, {
  title: () => `snapshot ${drawn}`,
  rows: () => {
    const snapshot = SNAPSHOTS[drawn] ?? [];
    if (++drawn === SNAPSHOTS.length) end.abort();
    return rates.update(snapshot, drawn * 1000);
  },
  by: ({ rate }) => rate,
  top: 3,
  every: 1,
  columns: [
    { header: "COMM", value: ({ key }) => key },
    { header: "CALLS", value: ({ value }) => value },
    { header: "RATE", value: ({ rate }) => rate, unit: "count/s" },
    { header: "TREND", value: ({ history }, style) => sparkline(history, { width: 20 }, style) },
  ],
  signal: end.signal,
});
