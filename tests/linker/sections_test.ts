import { assert, assertEquals, assertThrows } from "@std/assert";
import { ElfError } from "../../src/errors.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { linkObjects } from "../../src/linker/mod.ts";
import { test } from "../_harness.ts";
import { compile, fixture, linkByBpftool } from "./_bpftool.ts";

const NEEDS = { needs: ["clang", "libbpf", "bpftool"] } as const;

test("linkObjects() refuses licenses that differ, as bpftool does", NEEDS, () => {
  const objects = ["GPL", "MIT"].map((name) => compile(name, `char _license[] SEC("license") = "${name}";`));
  assert(typeof linkByBpftool(objects) === "string");
  assertThrows(() => linkObjects(objects), ElfError, 'Cannot link "MIT": section "license" is not that of');
});

test("linkObjects() keeps one license, whatever its variables are called", NEEDS, () => {
  const objects = ["one", "two"].map((name) =>
    compile(name, `char ${name}[] SEC("license") = "GPL"; int of_${name};`)
  );
  assert(typeof linkByBpftool(objects) !== "string");
  assertEquals(parseElf(linkObjects(objects)).license, "GPL");
});

test("linkObjects() refuses sections of different kinds, as bpftool does", NEEDS, () => {
  const objects = [
    compile("a.o", 'int a SEC(".data.x") = 1;'),
    compile("b.o", 'const int b SEC(".data.x") = 1;'),
  ];
  assert(typeof linkByBpftool(objects) === "string");
  assertThrows(() => linkObjects(objects), ElfError, 'section ".data.x" has another flags than before');
});

test("linkObjects() aligns what it puts together, as bpftool does", NEEDS, () => {
  const objects = [
    compile("a.o", "char a = 1; char zero_a;"),
    compile("b.o", "long b = 2; long zero_b;"),
    compile("c.o", "char c __attribute__((aligned(64))) = 3; char zero_c;"),
    compile("d.o", "char d = 4; char zero_d;"),
  ];
  const theirs = linkByBpftool(objects);
  assert(typeof theirs !== "string", String(theirs));
  const places = (bytes: Uint8Array) => parseElf(bytes).variables.map(({ name, offset }) => [name, offset]);
  assertEquals(places(linkObjects(objects)), places(theirs));
});

test("linkObjects() refuses objects of both byte orders", () => {
  const objects = ["main.bpf.o", "library.bpfeb.o"].map(fixture);
  assertThrows(
    () => linkObjects(objects),
    ElfError,
    'Cannot link "library.bpfeb.o": it is big-endian, and "main.bpf.o" is little-endian',
  );
});
