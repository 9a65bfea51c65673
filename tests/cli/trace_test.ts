import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import process from "node:process";
import { u32 } from "../../src/codec/mod.ts";
import { createMap, hash } from "../../src/map/mod.ts";
import { perfBuffer } from "../../src/ring/mod.ts";
import { test } from "../_harness.ts";
import { Samples } from "../ring/_samples.ts";
import { parseLines, waggle } from "./_waggle.ts";

interface Event {
  readonly number: number;
  readonly cpu: number;
  readonly size: number;
}

const NEEDS = { needs: ["root", "bpf", "btf"] } as const;

/** Events while the command runs, of one CPU so that they have an order. */
async function tracing(
  samples: Samples,
  program: string,
  ...args: string[]
): Promise<{ lines: string; errors: string }> {
  const run = samples.object.programs.get(program);
  const timer = setInterval(
    () => program.endsWith("here") ? run.run({ cpu: 0 }) : run.run({ data: new Uint8Array(64) }),
    10,
  );
  const { status, stdout, stderr } = await waggle(["trace", ...args, "--duration", "1s"]);
  clearInterval(timer);
  assertEquals(status, 0, stderr);
  return { lines: stdout, errors: stderr };
}

function assertInOrder(events: readonly Event[]): void {
  assert(events.length > 10, String(events.length));
  const last = new Map<number, number>();
  for (const { cpu, number } of events) {
    const before = last.get(cpu);
    if (before !== undefined) assertEquals(number, before + 1);
    last.set(cpu, number);
  }
}

test("waggle trace prints the events of another process's ring buffer by their type", NEEDS, async () => {
  await using samples = await Samples.open();
  const { id } = samples.object.maps.get("events").info;
  const { lines, errors } = await tracing(samples, "to_ring", String(id), "--type", "numbered", "--json");
  assertInOrder(parseLines<Event>(lines));
  assertStringIncludes(errors, `waggle trace: "events" is also open in `);
  assertStringIncludes(errors, ` (${process.pid}): events that are printed here do not reach it\n`);

  const text = await tracing(samples, "to_ring", String(id), "--type", "numbered");
  for (const line of text.lines.trimEnd().split("\n")) {
    assertMatch(line, /^\{ number: \d+, cpu: \d+, size: 16 \}$/);
  }
  const plain = await tracing(samples, "to_ring", String(id));
  for (const line of plain.lines.trimEnd().split("\n")) assertMatch(line, /^([0-9a-f]{2} ){15}[0-9a-f]{2}$/);
});

test("waggle trace prints the samples of another process's perf buffer", NEEDS, async () => {
  await using samples = await Samples.open();
  const perf = samples.object.maps.get("samples", perfBuffer());
  const { lines } = await tracing(
    samples,
    "to_perf_here",
    String(perf.info.id),
    "--type",
    "numbered",
    "--json",
  );
  const events = parseLines<Event>(lines);
  assertInOrder(events);
  assertEquals(new Set(events.map(({ cpu }) => cpu)), new Set([0]));
});

test("waggle trace says what it cannot print", NEEDS, async () => {
  await using samples = await Samples.open();
  using counts = createMap(hash(u32, u32), { name: "hash_of_trace", maxEntries: 1 });
  const id = String(samples.object.maps.get("events").info.id);
  const cases: [args: string[], message: RegExp][] = [
    [[], /^waggle trace: say which map: waggle list maps has their ids and names\n$/],
    [
      [String(counts.info.id)],
      /Cannot print the events of map "hash_of_trace" \(hash\): it is neither a ring buffer nor a perf/,
    ],
    [
      [id, "--type", "numberd"],
      /Cannot find type "numberd" of events of map "events": .* has it: did you mean "numbered"/,
    ],
    [[id, id], /Cannot print the events of more than one map/],
    [[id, "--duration", "never"], /--duration never is no time/],
  ];
  for (const [args, message] of cases) {
    const { status, stderr } = await waggle(["trace", ...args]);
    assertEquals(status, 2, args.join(" "));
    assertMatch(stderr, message);
  }
});
