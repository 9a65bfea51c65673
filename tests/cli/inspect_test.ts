import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { libbpfFacts } from "../elf/_libbpf.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { parseLines, waggle } from "./_waggle.ts";

const FILES = ["count", "variables", "kconfig"].map((name) => fileURLToPath(fixture(name)));

interface Line {
  readonly file: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly maps: readonly object[];
  readonly programs: readonly { readonly name: string; readonly instructions: number }[];
}

test(
  "waggle inspect --json is what libbpf sees",
  { needs: ["linux", "cc", "libbpf", "bpf", "btf"] },
  async () => {
    const { status, stdout, stderr } = await waggle(["inspect", "--json", ...FILES]);
    assertEquals([status, stderr], [0, ""]);
    const lines = parseLines<Line>(stdout);
    assertEquals(lines.map(({ file }) => file), FILES);
    for (const { file, maps, programs } of lines) {
      const facts = libbpfFacts({ object: file, types: "running" });
      const byName = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1;
      const expected = facts.maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => (
        { name, type, keySize, valueSize, maxEntries, flags }
      ));
      assertEquals((maps as typeof expected).toSorted(byName), expected.toSorted(byName));
      const sizes = new Map(facts.instructions.map(({ name, bytes }) => [name, bytes.length / 16]));
      assertEquals(
        programs,
        facts.programs.map(({ name, section, type, attachType }) => ({
          name,
          section,
          type,
          attachType,
          attachTo: section.split("/").slice(1).join("/"),
          instructions: sizes.get(name) ?? 0,
        })),
      );
    }
  },
);

test("waggle inspect --json has one object a line, of these fields", { needs: ["linux"] }, async () => {
  const file = fileURLToPath(fixture("sections"));
  const { stdout } = await waggle(["inspect", "--json", file]);
  const [{ maps: _, programs, ...line }] = parseLines<Line>(stdout) as [Line];
  assertEquals(programs.map(({ name }) => name), ["sum", "change"]);
  assertEquals<object>(line, {
    file,
    ok: true,
    byteOrder: "little",
    license: "GPL",
    variables: [
      { name: "counter", section: ".data", size: 4 },
      { name: "limit", section: ".rodata", size: 4 },
      { name: "greeting", section: ".rodata", size: 8 },
      { name: "calls", section: ".bss", size: 8 },
      { name: "last", section: ".bss", size: 16 },
    ],
  });
});

test("waggle inspect goes on after a file that is none", { needs: ["linux"] }, async () => {
  const [good = ""] = FILES;
  const { status, stdout, stderr } = await waggle([
    "inspect",
    "--json",
    "/nonexistent.o",
    "/proc/self/stat",
    good,
  ]);
  assertEquals([status, stderr], [1, ""]);
  const lines = parseLines<Line>(stdout);
  assertEquals(lines.map(({ file, ok }) => ({ file, ok })), [
    { file: "/nonexistent.o", ok: false },
    { file: "/proc/self/stat", ok: false },
    { file: good, ok: true },
  ]);
  for (const line of lines.slice(0, 2)) {
    assertEquals(Object.keys(line), ["file", "ok", "error"]);
    assertStringIncludes(line.error ?? "", "Cannot ");
  }
});

test("waggle inspect prints for people", { needs: ["linux"] }, async () => {
  const { status, stdout } = await waggle(["inspect", fileURLToPath(fixture("count"))]);
  assertEquals(status, 0);
  assertStringIncludes(stdout, 'little endian, license "GPL"');
  assertStringIncludes(stdout, "map      hits: hash, key 4, value 8, entries 10240");
  assertStringIncludes(stdout, "program  on_exec: raw_tp/sched_process_exec, ");
});
