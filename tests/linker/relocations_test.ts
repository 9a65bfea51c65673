import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseElf } from "../../src/elf/mod.ts";
import { ElfError } from "../../src/errors.ts";
import { type LinkInput, linkObjects } from "../../src/linker/mod.ts";
import { test } from "../_harness.ts";
import { compile, linkByBpftool } from "./_bpftool.ts";

test("linkObjects() refuses data that points into a section, as bpftool does", {
  needs: ["clang", "libbpf", "bpftool"],
}, () => {
  const object = compile("pointers.o", `static volatile int here = 1; volatile int *const there = &here;`);
  assert(typeof linkByBpftool([object]) === "string");
  assertThrows(() => linkObjects([object]), ElfError, 'refers to section ".data" and not to what is in it');
});

test("linkObjects() keeps the jump tables of objects apart, and refuses to move what they lead to", {
  needs: ["clang", "libbpf"],
}, () => {
  // As LLVM 22 writes them: offsets in bytes from the start of the section of the function.
  const jumping = (section: string, name: string, entries: string): LinkInput =>
    compile(
      `${name}.o`,
      `asm(".section .jumptables\\n .globl table\\n table: .quad ${entries}\\n .size table, 16\\n .text");
       extern const char table[];
       SEC("${section}") int ${name}(void *ctx) { return (long)&table + bpf_get_prandom_u32(); }`,
    );
  const first = jumping("xdp", "first", "0, 16");
  const { programs } = parseElf(linkObjects([first, jumping("socket", "second", "8, 16")]));
  assertEquals(programs.map(({ jumpTables }) => jumpTables?.map(({ slots }) => slots)), [[[0, 2]], [[1, 2]]]);
  assertThrows(
    () => linkObjects([first, jumping("xdp", "second", "0, 16")]),
    ElfError,
    'Cannot link "second.o": a relocation at 8 of "xdp" needs a jump table, whose code would move',
  );
});
