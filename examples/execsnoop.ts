/** Prints every program that starts. `deno run --allow-ffi examples/execsnoop.ts [--json] [--duration 2s]` */
import { cstr, dateOfBootTime, rest, ring, struct, u32, u64 } from "../mod.ts";
import { type Column, jsonLine, RowPrinter, stdout } from "../src/output/mod.ts";
import { example, explainSilence } from "./_example.ts";
import { load } from "./execsnoop.bpf.ts"; // waggle generate execsnoop.bpf.o --import ../mod.ts

const Event = struct({
  time: u64,
  pid: u32,
  ppid: u32,
  uid: u32,
  comm: cstr(16),
  filename: cstr(256),
  args: rest(),
});

interface Exec {
  readonly time: Date;
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly comm: string;
  readonly filename: string;
  readonly args: readonly string[];
}

const COLUMNS: readonly Column<Exec>[] = [
  { header: "TIME", value: ({ time }) => time, width: 12, align: "right" },
  { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
  { header: "PPID", value: ({ ppid }) => ppid, width: 7, align: "right" },
  { header: "UID", value: ({ uid }) => uid, width: 6, align: "right" },
  { header: "COMM", value: ({ comm }) => comm, width: 16 },
  { header: "FILENAME", value: ({ filename }) => filename, width: 28 },
  { header: "ARGS", value: ({ args }) => args.join(" ") },
];

await example("Prints every program that starts.", {}, async ({ json, signal }) => {
  await using exec = await load();
  using _link = exec.programs.on_exec.attach();
  await using _silence = explainSilence(exec.object, signal);
  using out = stdout({ signal });

  const rows = new RowPrinter(out, COLUMNS);
  if (!json) rows.header();
  for await (const event of exec.object.maps.get("events", ring(Event)).events({ signal: out.signal })) {
    const row: Exec = { ...event, time: dateOfBootTime(event.time), args: words(event.args) };
    if (json) out.print(jsonLine(row));
    else rows.print(row);
  }
});

/** The texts that end with NUL, and the last one where it was cut. */
function words(bytes: Uint8Array): string[] {
  const words = new TextDecoder().decode(bytes).split("\0");
  return words.at(-1) === "" ? words.slice(0, -1) : words;
}
