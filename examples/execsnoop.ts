/** Prints every program that starts. `deno run --allow-ffi examples/execsnoop.ts [--json] [--duration 2s]` */
import { cstr, dateOfBootTime, load, rest, ring, struct, u32, u64 } from "../mod.ts";
import { example } from "./_example.ts";

const Event = struct({
  time: u64,
  pid: u32,
  ppid: u32,
  uid: u32,
  comm: cstr(16),
  filename: cstr(256),
  args: rest(),
});

const COLUMNS = ["TIME", "PID", "PPID", "UID", "COMM", "FILENAME", "ARGS"];
const WIDTHS = [12, 7, 7, 6, 16, 28];

await example("Prints every program that starts.", async ({ json, signal }) => {
  await using object = await load(new URL("execsnoop.bpf.o", import.meta.url));
  using _link = object.programs.get("on_exec").attach();

  if (!json) print(COLUMNS);
  for await (const { time, ...event } of object.maps.get("events", ring(Event)).events({ signal })) {
    const date = dateOfBootTime(time);
    const args = words(event.args);
    if (json) console.log(JSON.stringify({ time: date, ...event, args }));
    else {
      const { pid, ppid, uid, comm, filename } = event;
      print([date.toISOString().slice(11, 23), pid, ppid, uid, comm, filename, ...args]);
    }
  }
});

/** The texts that end with NUL, and the last one where it was cut. */
function words(bytes: Uint8Array): string[] {
  const words = new TextDecoder().decode(bytes).split("\0");
  return words.at(-1) === "" ? words.slice(0, -1) : words;
}

function print(columns: readonly (string | number)[]): void {
  console.log(columns.map((column, i) => String(column).padEnd(WIDTHS[i] ?? 0)).join(" "));
}
