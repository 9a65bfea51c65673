import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bytes, cstr, struct, u32, u64, u8 } from "../../src/codec/mod.ts";
import { ClosedError, NotFoundError } from "../../src/errors.ts";
import { array, hash } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { bpftool, eventually, type Facts, fixture, idsOf, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;
const PACKET = new Uint8Array(64);

test("load() takes a path, a URL, and bytes wherever they are", BPF, async () => {
  const url = fixture("sections");
  const file = readFileSync(url);
  const moved = new Uint8Array(file.length + 3);
  moved.set(file, 3);
  for (const source of [fileURLToPath(url), url, url.href, file, new Uint8Array(file), moved.subarray(3)]) {
    await using object = await load(source);
    assertEquals(object.name, source instanceof Uint8Array ? "object" : "sections");
    assertEquals(object.programs.names(), ["sum", "change"]);
    const { returnValue } = object.programs.get("sum").run({ data: PACKET });
    assertEquals(returnValue, 1000 + 77 + "w".charCodeAt(0));
  }
});

test("load() takes URLs of odd paths", BPF, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle 100% ü#?`);
  try {
    const path = `${folder}/x.y.bpf.o`;
    copyFileSync(fixture("sections"), path);
    await using object = await load(pathToFileURL(path));
    assertEquals(object.name, "x.y");
  } finally {
    rmSync(folder, { recursive: true });
  }
  await assertRejects(
    () => load(new URL("https://example.com/x.bpf.o")),
    TypeError,
    "Cannot load https://example.com/x.bpf.o: not a file: fetch it and pass the bytes",
  );
});

test("a program reads and changes what the sections hold", { needs: ["bpf", "bpftool"] }, async () => {
  await using object = await load(fixture("sections"));
  const [sum, change] = [object.programs.get("sum"), object.programs.get("change")];
  for (const [index, letter] of [..."waggle\0"].entries()) {
    const data = PACKET.with(0, index);
    assertEquals(sum.run({ data }).returnValue, 1000 + 77 + letter.charCodeAt(0));
  }
  for (let i = 0; i < 5; i++) change.run({ data: PACKET });

  // static struct pair table[4] = {{1, 10}, {2, 20}, {3, 30}, {4, 40}}, each doubled once, the first one twice
  assertEquals(variables(object.maps.get(".data").info.id), {
    counter: 1025,
    table: [[1, 40], [2, 40], [3, 60], [4, 80]].map(([first, second]) => ({ first, second })),
  });
  assertEquals(variables(object.maps.get(".bss").info.id), { calls: 5, last: { first: 1, second: 20 } });
  assertEquals(sum.run({ data: PACKET }).returnValue, 1025 + 77 + "w".charCodeAt(0));
  assertEquals(shown("map", object.maps.get(".rodata").info.id).frozen, 1);
});

/** The variables of a section, as bpftool reads them with the help of the types. */
function variables(id: number): Facts {
  const [{ formatted }] = bpftool("map", "dump", "id", id) as [
    { formatted: { value: Record<string, Facts[]> } },
  ];
  const section = Object.values(formatted.value).flat();
  return Object.assign({}, ...section);
}

test("a section is read and written like an array of one element", BPF, async () => {
  await using object = await load(fixture("sections"));
  const section = object.maps.get(".data", array(struct({ counter: u32, rest: bytes(64 + 4 - 8 + 8) })));
  const before = section.get(0);
  assertEquals(before.counter, 1000);
  section.set(0, { ...before, counter: 5 });
  assertEquals(object.programs.get("sum").run({ data: PACKET }).returnValue, 5 + 77 + "w".charCodeAt(0));
});

test("load() relocates fields to where this kernel has them", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("task"));
  const reports = object.maps.get(
    "reports",
    array(struct({
      tgid: u32,
      ppid: u32,
      leader: cstr(16),
      pidSize: u32,
      hasComm: u8,
      hasNoSuchField: u8,
      padding: bytes(2),
    })),
  );
  assertEquals(object.programs.get("report").run().returnValue, 0);
  const { padding: _, ...report } = reports.get(0);
  assertEquals(report, {
    tgid: process.pid,
    ppid: process.ppid,
    leader: readFileSync("/proc/self/comm", "utf8").trim(),
    pidSize: 4,
    hasComm: 1,
    hasNoSuchField: 0,
  });
});

test("load() links functions, static and global", BPF, async () => {
  await using object = await load(fixture("calls"));
  const { returnValue } = object.programs.get("arithmetic").run({ data: PACKET.with(0, 5).with(1, 7) });
  assertEquals(returnValue, 5 ** 3 + 7 ** 2);
});

test("load() links functions that are called back", BPF, async () => {
  await using object = await load(fixture("calls"));
  const numbers = object.maps.get("numbers", hash(u32, u64));
  for (const [key, value] of [[1, 10n], [20, 300n], [400, 5000n]] as const) numbers.set(key, value);
  assertEquals(object.programs.get("loops").run({ data: PACKET }).returnValue, 4950);
  assertEquals([...object.maps.get("sums", array(u64))], [421n, 5310n]);
});

test("the maps and programs of an object have their names", BPF, async () => {
  await using object = await load(fixture("calls"));
  assertEquals(object.maps.names(), ["numbers", "sums"]);
  assertEquals([...object.maps].map(({ name }) => name), ["numbers", "sums"]);
  assertEquals(object.programs.names(), ["arithmetic", "loops"]);
  assertEquals([...object.programs].map(({ name }) => name), ["arithmetic", "loops"]);
  assertThrows(
    () => object.maps.get("number"),
    NotFoundError,
    'Cannot get map "number" of object "calls": there is no such map: did you mean "numbers"?',
  );
  assertThrows(
    () => object.maps.get("events", hash(u32, u64)),
    NotFoundError,
    'Cannot get map "events" of object "calls": there is no such map: it has "numbers", "sums"',
  );
  assertThrows(
    () => object.programs.get("loop"),
    NotFoundError,
    'Cannot get program "loop" of object "calls": there is no such program: did you mean "loops"?',
  );
});

test("a closed object leaves nothing in the kernel", { needs: ["bpf", "bpftool"] }, async () => {
  const object = await load(fixture("calls"));
  const numbers = object.maps.get("numbers", hash(u32, u64));
  const maps = [...object.maps].map(({ info }) => info.id);
  const programs = [...object.programs].map(({ info }) => info.id);
  assertEquals([...maps, ...programs].length, 4);
  await object[Symbol.asyncDispose]();
  object.close();
  // the kernel frees maps in its own time
  assertEquals(await eventually(() => !idsOf("map").some((id) => maps.includes(id))), true);
  assertEquals(await eventually(() => !idsOf("prog").some((id) => programs.includes(id))), true);
  assertThrows(() => numbers.get(1), ClosedError, 'Cannot use map "numbers": it is closed');
  assertThrows(() => object.programs.get("loops").run(), ClosedError);
});

test("load() shows types and source lines to tools", { needs: ["bpf", "bpftool"] }, async () => {
  await using object = await load(fixture("task"));
  const { btf_id } = shown("map", object.maps.get("reports").info.id) as { btf_id: number };
  const { types } = bpftool("btf", "dump", "id", btf_id) as { types: Facts[] };
  const report = types.find(({ kind, name }) => kind === "STRUCT" && name === "report") as {
    members: Facts[];
  };
  assertEquals(report.members.map(({ name }) => name), [
    "tgid",
    "ppid",
    "leader",
    "pid_size",
    "has_comm",
    "has_no_such_field",
  ]);

  const dump = bpftool("prog", "dump", "xlated", "id", object.programs.get("report").info.id, "linum");
  assertStringIncludes(JSON.stringify(dump), "report->tgid = BPF_CORE_READ(task, tgid);");
});
