import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "../_harness.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Instruction } from "../../src/asm/mod.ts";
import { ElfFile } from "../../src/elf/file.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { ElfError } from "../../src/errors.ts";
import type { ObjectSpec } from "../../src/spec/mod.ts";
import { findTool } from "../../scripts/_tools.ts";
import { compileInto, readBytes } from "./_compile.ts";
import { comparableBytes, inTemporaryFolder, libbpfFacts } from "./_libbpf.ts";

const FOLDER = import.meta.dirname ?? "";
const NAMES = ["calls", "data", "kconfig", "ksyms", "maps", "values"];
const read = (file: string) => parseElf(readBytes(join(FOLDER, file)), file);

function instructionsOf(spec: ObjectSpec, name: string): readonly Instruction[] {
  return spec.programs.find((program) => program.name === name)?.instructions ?? [];
}

function functionsIn(instructions: readonly Instruction[]): string[] {
  return instructions.flatMap(({ symbol }) => symbol === undefined ? [] : [symbol]);
}

test("parseElf() lists programs as libbpf does", { needs: ["cc", "libbpf"] }, () => {
  for (const name of NAMES) {
    const theirs = libbpfFacts({ object: join(FOLDER, `${name}.bpf.o`) }).programs;
    const ours = read(`${name}.bpf.o`).programs.map(({ name, section, type, attachType, autoload }) => ({
      name,
      section,
      type,
      attachType,
      flags: 0,
      autoload,
    }));
    assertEquals(ours, [...theirs]);
  }
});

test("parseElf() puts programs together as libbpf does", { needs: ["cc", "libbpf", "bpf"] }, () => {
  for (const name of ["calls", "data", "kconfig"]) {
    const object = join(FOLDER, `${name}.bpf.o`);
    const spec = read(`${name}.bpf.o`);
    for (const { name, bytes } of libbpfFacts({ object, types: "running" }).instructions) {
      assertEquals([name, comparableBytes(instructionsOf(spec, name))], [name, comparableBytes(bytes)]);
    }
  }
});

// By hand from calls.bpf.c: what a call leads to comes before what the next call of the caller leads to.
test("parseElf() appends functions in the order of their calls", () => {
  const spec = read("calls.bpf.o");
  const functions = spec.programs.map(({ instructions }) => functionsIn(instructions));
  assertEquals(functions, [
    ["first", "deep", "shared", "leaf", "hidden", "replaceable"],
    ["second", "hidden", "replaceable", "shared", "leaf", "on_iteration"],
    ["alone"],
  ]);
});

test("parseElf() puts lines and types of functions on instructions", () => {
  const spec = read("calls.bpf.o");
  for (const { symbol, functionTypeId, source } of instructionsOf(spec, "first")) {
    if (symbol === undefined) continue;
    assertEquals(spec.btf?.nameOf(functionTypeId ?? 0), symbol);
    assertStringIncludes(source?.text ?? "", symbol);
    assertEquals(source?.file.endsWith("calls.bpf.c"), true);
    assertEquals(spec.btf?.stringAt(source?.textOffset ?? 0), source?.text);
    assertEquals(spec.btf?.stringAt(source?.fileOffset ?? 0), source?.file);
  }
  assertEquals(spec.btf?.find("hidden", "function")?.linkage, "static");
  assertEquals(spec.btf?.find("shared", "function")?.linkage, "global");
});

test("parseElf() refers to maps, data, functions and kernel symbols by name", () => {
  const references = (file: string) =>
    read(file).programs.flatMap(({ instructions }) =>
      instructions.flatMap(({ reference, src, immHigh }) =>
        reference === undefined ? [] : [{ reference, src, immHigh }]
      )
    );
  const maps = references("maps.bpf.o").map(({ reference, src }) => [reference.kind, reference.name, src]);
  assertEquals(maps, ["pinned", "sized", "bloom", "tails", "perf", "ring"].map((name) => ["map", name, 1]));

  const callback = references("calls.bpf.o").filter(({ src }) => src === 4);
  assertEquals(callback.map(({ reference }) => reference), [{ kind: "function", name: "on_iteration" }]);

  // llvm-readelf -s: static_constant is at 16 of .rodata, static_hits[1] the only variable at 16 of .bss.
  const at16 = references("data.bpf.o").filter(({ immHigh }) => immHigh === 16).map(({ reference }) =>
    reference
  );
  assertEquals(at16, [{ kind: "mapValue", name: ".bss" }, { kind: "mapValue", name: ".rodata" }]);

  const ksyms = read("ksyms.bpf.o");
  const [task, release, , active, init] = references("ksyms.bpf.o");
  const typeId = (name: string, kind: "function" | "variable") => ksyms.btf?.find(name, kind)?.id;
  assertEquals(task, {
    reference: {
      kind: "ksym",
      name: "bpf_task_from_pid",
      weak: false,
      typeId: typeId("bpf_task_from_pid", "function") ?? 0,
    },
    src: 2,
    immHigh: 0,
  });
  assertEquals(release?.reference.kind === "ksym" && release.reference.weak, true);
  assertEquals(
    active?.reference.kind === "ksym" && active.reference.typeId,
    typeId("bpf_prog_active", "variable"),
  );
  assertEquals(init?.reference, { kind: "ksym", name: "init_task", weak: true, typeId: 0 });
});

test("parseElf() reads the same programs from big-endian objects", () => {
  for (const name of ["calls", "ksyms"]) {
    const [little, big] = [read(`${name}.bpf.o`), read(`${name}.bpfeb.o`)];
    assertEquals([little.byteOrder, big.byteOrder], ["little", "big"]);
    assertEquals(big.programs, little.programs);
  }
});

test("parseElf() tells static functions of one name apart", {
  needs: ["clang", "libbpf", "cc", "bpf", "bpftool"],
}, () => {
  const source = (name: string, factor: number) => `
    static __attribute__((noinline)) int helper(int a) { return a * ${factor} + bpf_get_prandom_u32(); }
    SEC("raw_tp/sys_enter") int ${name}(void *ctx) { return helper(1) + helper(2); }
    char LICENSE_${name}[] SEC("license") = "GPL";`;
  inTemporaryFolder((folder) => {
    const parts = ["one", "two"].map((name, at) => compileInto(folder, name, source(name, at + 3), ["-g"]));
    const linked = join(folder, "linked.o");
    execFileSync(findTool("bpftool") ?? "bpftool", ["gen", "object", linked, ...parts]);
    const spec = parseElf(readBytes(linked), "linked.o");
    assertEquals(spec.programs.map(({ instructions }) => functionsIn(instructions)), [
      ["one", "helper"],
      ["two", "helper.1"],
    ]);
    for (const { name, bytes } of libbpfFacts({ object: linked, types: "running" }).instructions) {
      assertEquals([name, comparableBytes(instructionsOf(spec, name))], [name, comparableBytes(bytes)]);
    }
  });
});

// From arena.bpf.c: nothing calls on_exception.
test("parseElf() appends what a program names for exceptions", () => {
  const spec = read("arena.bpf.o");
  assertEquals(functionsIn(instructionsOf(spec, "use")), ["use"]);
  assertEquals(functionsIn(instructionsOf(spec, "throws")), ["throws", "on_exception"]);
});

/** Compiles and parses in one go. */
function parseSource(source: string, flags: readonly string[] = ["-g"]): ObjectSpec {
  return inTemporaryFolder((folder) => parseElf(readBytes(compileInto(folder, "x", source, flags)), "x.o"));
}

test("parseElf() calls functions wherever they are", { needs: ["clang", "libbpf"] }, () => {
  const source = `
    __attribute__((noinline)) int outer(int a) { return a + (int)bpf_get_prandom_u32(); }
    static __attribute__((noinline)) int inner(int a) { return outer(a) * 3; }
    SEC("other") __attribute__((noinline)) int elsewhere(int a) { return inner(a) + 1; }
    SEC("xdp") int run(void *ctx) { return elsewhere(4); }
    int same(void *ctx) __attribute__((alias("run")));`;
  const spec = parseSource(source, ["-g", "-ffunction-sections"]);
  assertEquals(spec.programs.map(({ name, type }) => [name, type]), [["elsewhere", 0], ["run", 6], [
    "same",
    6,
  ]]);
  assertEquals(functionsIn(instructionsOf(spec, "run")), ["run", "elsewhere", "inner", "outer"]);
  assertEquals(instructionsOf(spec, "same").length, instructionsOf(spec, "run").length);
});

test("parseElf() finds functions of compilers that do not mark them", { needs: ["clang", "libbpf"] }, () => {
  inTemporaryFolder((folder) => {
    const source = `
      static __attribute__((noinline)) int helper(int a) { return a * 2 + (int)bpf_get_prandom_u32(); }
      SEC("xdp") int run(void *ctx) { return helper(4) > 5 ? helper(6) : 3; }
      SEC("socket") int first(void *ctx) { return 1; }
      SEC("socket") int second(void *ctx) { return 2; }`;
    const bytes = new Uint8Array(readBytes(compileInto(folder, "x", source)));
    const { programs } = parseElf(bytes, "x.o");
    const table = new ElfFile(bytes, "x.o").sections.find(({ name }) => name === ".symtab");
    const view = new DataView(bytes.buffer);
    const [start, end] = [table?.offset ?? 0, (table?.offset ?? 0) + (table?.size ?? 0)];
    // LLVM 7: STT_NOTYPE in the lower half of st_info, and no st_size.
    for (let at = start; at < end; at += 24) {
      if ((view.getUint8(at + 4) & 15) !== 2) continue;
      view.setUint8(at + 4, view.getUint8(at + 4) & 0xf0);
      view.setBigUint64(at + 16, 0n, true);
    }
    assertEquals(programs.map(({ name }) => name), ["run", "first", "second"]);
    assertEquals(parseElf(bytes, "x.o").programs, programs);
  });
});

test("parseElf() reads jump tables", { needs: ["clang", "libbpf"] }, () => {
  // As LLVM 22 writes them: offsets in bytes from the start of the section of the function.
  const table = (entries: string) => `
    asm(".section .jumptables\\n .globl table\\n .quad 0\\n table: .quad ${entries}\\n .size table, 16\\n .text");
    extern const char table[];
    static __attribute__((noinline)) long jump(void) { return (long)&table + bpf_get_prandom_u32(); }
    SEC("xdp") int run(void *ctx) { return jump() + 1; }`;
  const spec = parseSource(table("0, 16"), []);
  const [program] = spec.programs;
  const start = program?.instructions.findIndex(({ symbol }) => symbol === "jump") ?? 0;
  assertEquals(program?.jumpTables, [{ name: ".jumptables+8", slots: [start, start + 2] }]);
  const [load] = program?.instructions.filter(({ reference }) => reference?.kind === "mapValue") ?? [];
  assertEquals([load?.reference?.name, load?.src, load?.immHigh], [".jumptables+8", 2, 0]);
  const error = assertThrows(() => parseSource(table("0, 4096"), []), ElfError);
  assertStringIncludes(error.message, 'the jump table of function "jump" leads to 4096');
});
