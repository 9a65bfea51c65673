import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { load } from "../../src/object/mod.ts";
import { fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { parseLines, waggle } from "./_waggle.ts";

const BPF = { needs: ["bpf", "btf"] } as const;

interface Line {
  readonly file: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly programs: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly error?: string;
    readonly instructions: number;
    readonly tag?: string;
    readonly loadedTag?: string;
  }[];
}

function file(name: string): string {
  return fileURLToPath(fixture(name));
}

async function loadLines(...args: string[]): Promise<{ status: number | null; lines: Line[] }> {
  const { status, stdout, stderr } = await waggle(["load", "--json", ...args]);
  assertEquals(stderr, "");
  return { status, lines: parseLines<Line>(stdout) };
}

test(
  "waggle load --json tells the tags that the kernel reports",
  { needs: [...BPF.needs, "bpftool"] },
  async () => {
    const files = ["task", "calls", "kconfig", "variables"].map(file);
    const { status, lines } = await loadLines(...files);
    assertEquals(status, 0);
    for (const [index, line] of lines.entries()) {
      await using object = await load(files[index] ?? "");
      const expected = [...object.programs].map(({ name, info }) => {
        const { tag } = shown("prog", info.id);
        return { name, ok: true, tag, loadedTag: tag };
      });
      const { programs, ...rest } = line;
      assertEquals(rest, { file: files[index] ?? "", ok: true });
      assertEquals<object>(programs.map(({ instructions: _, ...program }) => program), expected);
      for (const { instructions } of line.programs) assertEquals(instructions > 0, true);
    }
  },
);

test("waggle load tells why an object is refused, and the tags of its programs", BPF, async () => {
  const { status, lines } = await loadLines(file("optional"), file("task"));
  assertEquals(status, 1);
  const [line, other] = lines as [Line, Line];
  assertEquals([line.ok, other.ok], [false, true]);
  assertStringIncludes(line.error ?? "", 'Cannot load program "refused" (xdp): the verifier refuses it');
  assertEquals(line.programs.map(({ name, ok }) => [name, ok]), [
    ["good", false],
    ["refused", false],
    ["asked", false],
    ["poisoned", false],
    ["guarded", false],
    ["nowhere", false],
  ]);
  for (const { tag = "", loadedTag } of line.programs) {
    assertMatch(tag, /^[0-9a-f]{16}$/);
    assertEquals(loadedTag, undefined);
  }
});

test("waggle load --each loads every program alone", BPF, async () => {
  const { status, lines } = await loadLines("--each", file("optional"));
  assertEquals(status, 1);
  const [line] = lines as [Line];
  assertEquals([line.ok, line.error], [false, undefined]);
  assertEquals(line.programs.map(({ name, ok }) => [name, ok]), [
    ["good", true],
    ["refused", false],
    ["asked", true],
    ["poisoned", false],
    ["guarded", true],
    ["nowhere", false],
  ]);
  for (const { ok, error, tag, loadedTag } of line.programs) {
    assertEquals(error === undefined, ok);
    assertEquals(loadedTag, ok ? tag : undefined);
    assertEquals(tag?.length, 16);
  }
});

test("waggle load --each tells which program lacks a symbol", BPF, async () => {
  const { lines } = await loadLines("--each", file("ksyms"));
  const needed = lines[0]?.programs.find(({ name }) => name === "needed");
  assertEquals(Object.keys(needed ?? {}), ["name", "ok", "error", "instructions"]);
  assertStringIncludes(needed?.error ?? "", 'Cannot find kernel function "bpf_task_from_pidd"');
  assertEquals(lines[0]?.programs.find(({ name }) => name === "addresses")?.ok, true);
});

test("waggle load leaves no pin behind", { needs: [...BPF.needs, "bpffs"] }, async () => {
  const pins = () => readdirSync("/sys/fs/bpf").filter((name) => /^waggle-load|^shared$/.test(name));
  const before = pins();
  const { lines } = await loadLines(file("pinned"));
  const each = await loadLines("--each", file("pinned"));
  assertEquals([lines[0]?.ok, ...each.lines[0]?.programs.map(({ ok }) => ok) ?? []], [true, true, false]);
  assertEquals(pins(), before);
});

test("waggle load --dry-run loads nothing", { needs: [...BPF.needs, "strace"] }, () => {
  const calls = join(mkdtempSync(join(tmpdir(), "waggle-")), "calls");
  try {
    const wet = strace(calls, ["load", "--json", file("task")]);
    assertEquals(wet.commands.has("BPF_PROG_LOAD"), true);
    const { line, commands } = strace(calls, ["load", "--json", "--dry-run", file("task")]);
    assertEquals(line.ok, true);
    assertEquals(line.programs.map(({ name, tag }) => ({ name, tag })), [
      { name: "report", tag: wet.line.programs[0]?.loadedTag },
    ]);
    for (const command of ["BPF_PROG_LOAD", "BPF_MAP_CREATE", "BPF_BTF_LOAD", "BPF_OBJ_PIN"]) {
      assertEquals(commands.has(command), false, command);
    }
  } finally {
    rmSync(join(calls, ".."), { recursive: true });
  }
});

/** What a run that exits with 0 prints, and the commands of bpf(2) that it gives. */
function strace(output: string, args: readonly string[]): { line: Line; commands: Set<string> } {
  const script = fileURLToPath(new URL("../../src/cli/mod.ts", import.meta.url));
  const runtime = process.versions["bun"] === undefined
    ? ["run", "--no-prompt", "--no-check", "--no-config", "--allow-ffi"]
    : [];
  const options = ["-f", "-qq", "-e", "trace=bpf", "-o", output];
  const line = JSON.parse(run("strace", [...options, process.execPath, ...runtime, script, ...args]));
  const commands = readFileSync(output, "utf8").matchAll(/\bbpf\((\w+)/g);
  return { line, commands: new Set([...commands].map(([, command = ""]) => command)) };
}

test("waggle load --btf relocates for another kernel", { needs: [...BPF.needs, "bpftool"] }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "waggle-"));
  try {
    const types = join(folder, "min.btf");
    run("bpftool", ["gen", "min_core_btf", "/sys/kernel/btf/vmlinux", types, file("task")]);
    const { status, lines } = await loadLines("--btf", types, file("task"));
    assertEquals([status, lines[0]?.programs[0]?.tag], [0, lines[0]?.programs[0]?.loadedTag ?? "not loaded"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("waggle load goes on after a file that is none", BPF, async () => {
  const { status, lines } = await loadLines("/nonexistent.o", "/proc/self/stat", file("task"));
  assertEquals([status, lines.map(({ ok }) => ok)], [1, [false, false, true]]);
  for (const line of lines.slice(0, 2)) {
    assertEquals(Object.keys(line), ["file", "ok", "error", "programs"]);
    assertEquals(line.programs, []);
  }
});

test("waggle load says what right is missing", { needs: [...BPF.needs, "setpriv"] }, async () => {
  const { status, stdout } = await waggle(["load", "--json", file("count")], { capabilities: [] });
  assertEquals(status, 1);
  const [line] = parseLines<Line>(stdout);
  assertStringIncludes(line?.error ?? "", "not permitted");
});

test("waggle load prints for people", BPF, async () => {
  const { status, stdout } = await waggle(["load", "--each", file("optional")]);
  assertEquals(status, 1);
  assertMatch(stdout, /^ {2}ok {6}good: 2 instructions, tag [0-9a-f]{16}$/m);
  assertMatch(
    stdout,
    /^ {2}refused refused: \d+ instructions, tag [0-9a-f]{16}\n +Cannot load program "refused"/m,
  );
});
