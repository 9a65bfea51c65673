/** Files of processes, garbled: nothing is thrown, and nothing takes long. */
import { assert, assertEquals } from "@std/assert";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { buildId, ElfFile, SYMBOLS, symbolSection } from "../../src/executable/mod.ts";
import { ElfError } from "../../src/errors.ts";
import { Symbolizer } from "../../src/symbols/mod.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";
import { useTexts } from "../kernel/_texts.ts";
import { Build, Worker } from "./_worker.ts";

/** Numbers below a bound, the same in every run. */
function numbers(): (below: number) => number {
  let seed = 7;
  return (below) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
}

test("ElfFile has the build id that readelf has", { needs: ["linux", "root", "cc"] }, () => {
  using build = new Build("pie", "-Wl,--build-id=sha1");
  using file = ElfFile.open(build.program);
  assertEquals(buildId(file), /Build ID: ([\da-f]+)/.exec(run("readelf", ["-n", build.program]))?.[1]);
});

test("ElfFile of garbled bytes throws nothing but ElfError", { needs: ["linux", "root", "cc"] }, () => {
  using build = new Build("pie");
  const whole = new Uint8Array(readFileSync(build.program));
  const random = numbers();
  const tables = new DataView(whole.buffer).getBigUint64(40, true);
  for (let round = 0; round < 300; round++) {
    const bytes = whole.slice(0, round % 3 === 0 ? random(whole.length) : whole.length);
    for (let change = 0; change < 8; change++) {
      const start = change % 2 === 0 ? 0 : Number(tables);
      const at = start + random(change % 2 === 0 ? 800 : whole.length - start);
      if (at < bytes.length) bytes[at] = random(256);
    }
    try {
      using file = ElfFile.of(bytes, "garbled");
      buildId(file);
      file.sectionNamed(".gnu_debuglink");
      for (const type of Object.values(SYMBOLS)) symbolSection(file, type);
    } catch (error) {
      assert(error instanceof ElfError, `${error}`);
    }
  }
});

test("user() of processes with garbled files answers", { needs: ["linux", "root", "cc"] }, async () => {
  const random = numbers();
  for (let round = 0; round < 10; round++) {
    using build = new Build("pie");
    await using worker = await Worker.start(build.program);
    const bytes = new Uint8Array(readFileSync(build.program));
    for (let change = 0; change < 2000; change++) bytes[64 + random(bytes.length - 64)] = random(256);
    using symbolizer = new Symbolizer();
    // The same inode cannot be written while it runs; another file of the name does not count
    rmSync(build.program);
    writeFileSync(build.program, bytes);
    const { kind, name } = symbolizer.user(worker.pid, worker.address("middle"));
    assertEquals([kind, name], ["user", "middle"]);
  }
});

test("kernel() answers whatever /proc/kallsyms has", () => {
  const lines = [
    "",
    "\n\n",
    "ffffffff81000000",
    "ffffffff81000000 T",
    "zzzzzzzzzzzzzzzz T name\n",
    "ffffffff81000000 T \n",
    "ffffffff81000000 T a\t\n",
    "ffffffff81000000 T a\t[",
    "\0".repeat(1000),
    "ffffffff81000000 T " + "a".repeat(10_000),
  ];
  for (const text of lines) {
    using _ = useTexts({ "/proc/kallsyms": text });
    using symbolizer = new Symbolizer();
    assertEquals(symbolizer.kernel(0xffff_ffff_9000_0000n).kind, "kernel");
  }
});

test("user() answers whatever /proc/PID/maps has", () => {
  const lines = [
    "",
    "x",
    "-",
    "ffffffffffffffff-0 r-xp 0 0:0 0",
    "2000-1000 r-xp 0 fe:00 1 /a\n".repeat(1000),
  ];
  for (const text of lines) {
    const stat = `1 (a) b) S ${"0 ".repeat(40)}`;
    using _ = useTexts({ "/proc/1/maps": text, "/proc/1/stat": stat, "/proc/1/status": "" });
    using symbolizer = new Symbolizer();
    assertEquals(symbolizer.user(1, 0x1500n).name, undefined);
  }
});

test("ElfFile says what is wrong with a file", { needs: ["linux", "root"] }, () => {
  const said = (bytes: Uint8Array) =>
    withFile(bytes, (path) => {
      try {
        ElfFile.open(path)[Symbol.dispose]();
      } catch (error) {
        return error instanceof ElfError ? error.message.replace(path, "FILE") : `${error}`;
      }
      return "";
    });
  assertEquals(said(new Uint8Array(100)), 'Cannot read "FILE": it is no ELF file');
  assertEquals(said(new Uint8Array(10)), 'Cannot read "FILE": it is cut off or damaged');
});
