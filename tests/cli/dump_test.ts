import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { cstr, struct, u32, u64 } from "../../src/codec/mod.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import { createMap, hash, queue } from "../../src/map/mod.ts";
import { type BpfObject, load } from "../../src/object/mod.ts";
import { bpftool, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { parseLines, waggle } from "./_waggle.ts";

const NEEDS = { needs: ["root", "bpf", "btf", "bpftool"] } as const;

async function dump(...args: (string | number)[]): Promise<string> {
  const { status, stdout, stderr } = await waggle(["dump", ...args.map(String)]);
  assertEquals([status, stderr], [0, ""]);
  return stdout;
}

async function typed(): Promise<BpfObject> {
  const object = await load(fixture("typed"));
  const flows = object.maps.get(
    "typed",
    hash(struct({ port: u32, protocol: u32 }), struct({ packets: u64, comm: cstr(16) })),
  );
  flows.set({ port: 443, protocol: 6 }, { packets: 2n ** 40n, comm: "curl" });
  flows.set({ port: 53, protocol: 17 }, { packets: 7n, comm: 'a "name"' });
  return object;
}

test("waggle dump map --json prints the elements that bpftool prints", NEEDS, async () => {
  await using object = await typed();
  await using storage = await load(fixture("stacks"));
  await using samples = await load(fixture("events"));
  samples.programs.get("to_ring").run({ data: new Uint8Array(64), repeat: 5 });
  const maps = [...object.maps, ...storage.maps, ...samples.maps].filter(({ info }) =>
    !["ringbuf", "perf_event_array"].includes(info.type)
  );
  for (const { info: { id } } of maps) {
    const lines = parseLines<unknown>((await dump("map", id, "--json")) || "[]");
    const expected = bpftool("map", "dump", "id", id);
    assertEquals(lines.length === 1 && Array.isArray(lines[0]) ? [] : lines, expected);
  }
  assertEquals(maps.length >= 5, true);
});

test("waggle dump map prints elements by their types, and bytes where there are none", NEEDS, async () => {
  await using object = await typed();
  const { id } = object.maps.get("typed").info;
  const lines = (await dump("map", id)).trimEnd().split("\n");
  assertEquals(lines.length, 3);
  assertEquals(lines.at(-1), "2 elements");
  const port = lines.find((line) => line.includes("443")) ?? "";
  assertMatch(port, /^key: .*port.*443.*protocol.*6.* {2}value: .*packets.*1099511627776.*comm.*"curl"/);

  using plain = createMap(hash(u32, u32), { name: "plain_of_dump", maxEntries: 2 });
  plain.set(1, 0xab);
  assertEquals(await dump("map", "plain_of_dump"), "key: 01 00 00 00  value: ab 00 00 00\n1 element\n");

  await using samples = await load(fixture("events"));
  const cpus = (await dump("map", samples.maps.get("states").info.id)).split("\n").filter((line) =>
    line.startsWith("  cpu ")
  );
  assertEquals(cpus.length, possibleCpus());
});

test(
  "waggle dump prog prints the instructions that bpftool prints, with lines of source",
  NEEDS,
  async () => {
    await using object = await load(fixture("typed"));
    const { id } = object.programs.get("count").info;
    const text = await dump("prog", id);
    assertStringIncludes(text, "; struct flow flow = {443, 6};");
    const xlated = bpftool("prog", "dump", "xlated", "id", id) as { disasm: string }[];
    const instructions = parseLines<{ slot: number; text: string; source?: { line: number } }>(
      await dump("prog", id, "--json"),
    );
    assertEquals(instructions.length, xlated.length);
    // bpftool names what a call or a map is in its own way
    const plain = xlated.map(({ disasm }, i) => [i, disasm] as const).filter(([, text]) =>
      !/call|map\[/.test(text)
    );
    for (const [i, disasm] of plain) {
      assertEquals(
        instructions[i]?.text.replace(/ +/g, " "),
        disasm.replace(/ +/g, " "),
      );
    }
    assertEquals(plain.length > 20, true);
    assertEquals(instructions.some(({ source }) => source !== undefined), true);
  },
);

test("waggle dump btf prints types as C, which bpftool prints alike", NEEDS, async () => {
  const file = fileURLToPath(fixture("typed"));
  const text = await dump("btf", file, "flow", "pair");
  assertMatch(text, /struct flow \{\n\t__u32 port;\n\t__u32 protocol;\n\};/);
  assertStringIncludes(
    run("bpftool", ["btf", "dump", "file", file, "format", "c"]),
    /struct flow \{[^}]*\};/.exec(text)?.[0] ?? "none",
  );
  assertStringIncludes(text, "struct bpf_spin_lock lock;");
  const [flow] = parseLines<{ kind: string; name: string; size: number }>(
    await dump("btf", file, "flow", "--json"),
  );
  assertEquals([flow?.kind, flow?.name, flow?.size], ["struct", "flow", 8]);
  assertStringIncludes(await dump("btf", "vmlinux", "path"), "struct path {");
});

test("waggle dump says what it cannot print", { needs: ["root", "bpf"] }, async () => {
  using _queue = createMap(queue(u32), { name: "queue_of_dump", maxEntries: 1 });
  using _one = createMap(hash(u32, u32), { name: "two_of_dump", maxEntries: 1 });
  using _other = createMap(hash(u32, u32), { name: "two_of_dump", maxEntries: 1 });
  const cases: [args: string[], message: RegExp][] = [
    [[], /^waggle dump: say what to print: map, prog or btf\n$/],
    [["maps", "1"], /Cannot print "maps": there is no such kind: did you mean "map"\?/],
    [["map"], /say which: waggle list has their ids and names/],
    [["map", "1", "2"], /Cannot print more than one at a time: 2/],
    [["map", "two_of_dum"], /Cannot find map "two_of_dum": none has that name: did you mean "two_of_dump"/],
    [
      ["map", "two_of_dump"],
      /Cannot choose map "two_of_dump": several have that name: say which by number: \d+, \d+/,
    ],
    [["map", "queue_of_dump"], /Cannot list the elements of map "queue_of_dump" \(queue\): it has no keys/],
    [["map", "4294967294"], /there is none|no such/],
    [["prog", "/sys/fs/bpf/nothing_of_dump"], /nothing_of_dump/],
    [["btf", "vmlinux", "no_such_type"], /Cannot find type "no_such_type": there is none of that name/],
    [["btf", "/nonexistent"], /Cannot open "\/nonexistent": no such file/],
  ];
  for (const [args, message] of cases) {
    const { status, stderr } = await waggle(["dump", ...args]);
    assertEquals(status, 2, args.join(" "));
    assertMatch(stderr, message);
  }
});
