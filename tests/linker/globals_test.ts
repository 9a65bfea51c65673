import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseElf } from "../../src/elf/mod.ts";
import { ElfError } from "../../src/errors.ts";
import { type LinkInput, linkObjects } from "../../src/linker/mod.ts";
import { test } from "../_harness.ts";
import { compile, linkByBpftool } from "./_bpftool.ts";

const NEEDS = { needs: ["clang", "libbpf", "bpftool"] } as const;

/** Fails unless both linkers refuse the objects, and gives what ours says. */
function refusalOf(objects: readonly LinkInput[]): string {
  const theirs = linkByBpftool(objects);
  assert(typeof theirs === "string", "bpftool links it");
  return assertThrows(() => linkObjects(objects), ElfError).message;
}

/** The same for two sources. */
function refused(first: string, second: string): string {
  return refusalOf([compile("first.o", first), compile("second.o", second)]);
}

test("linkObjects() refuses two definitions, as bpftool does", NEEDS, () => {
  assertEquals(
    refused("int count = 1;", "int count = 2;"),
    'Cannot link "second.o": "count" is defined in "first.o" too',
  );
  assertStringIncludes(
    refused("int f(void) { return 1; }", "int f(void) { return 2; }"),
    '"f" is defined in',
  );
});

test("linkObjects() refuses what is not the same in both, as bpftool does", NEEDS, () => {
  const use = 'SEC("socket") int run(void *c) { return';
  const differ = (declared: string, defined: string, used = "x") =>
    refused(`${declared}; ${use} ${used}; }`, `${defined};`);
  assertEquals(
    differ("extern int x", "long x"),
    'Cannot link "second.o": "x" is not that of "first.o": int "int" has 4 or 8 bytes',
  );
  assertStringIncludes(differ("extern int x", "struct s { int a; } x"), 'int "int" is not struct "s"');
  assertStringIncludes(differ("extern int x", "int x(void) { return 1; }"), "is not function");
  const struct = "extern struct s { int a; int b; } x";
  assertStringIncludes(differ(struct, "struct s { int a; } x", "x.a"), 'struct "s" has 2 or 1 members');
  assertStringIncludes(
    differ(struct, "struct s { int a, c; } x", "x.a"),
    'member 1 of struct "s" is "b" or "c"',
  );
  assertStringIncludes(
    differ(struct, "struct s { int a; long b; } x", "x.a"),
    'member "b" of struct "s" is in',
  );
  assertStringIncludes(differ(struct, "struct t { int a, b; } x", "x.a"), 'struct "s" is not struct "t"');
  assertStringIncludes(
    differ("extern int x(int)", "int x(int a, int b) { return a; }", "x(1)"),
    "it has 1 or 2 parameters",
  );
  assertStringIncludes(
    differ("extern int x(int *)", "int x(long *a) { return 1; }", "x(0)"),
    "has 4 or 8 bytes",
  );
});

test("linkObjects() takes what differs in ways that do not matter, as bpftool does", NEEDS, () => {
  const objects = [
    compile(
      "first.o",
      `struct later; typedef int number; extern const unsigned x; extern number list[2];
       extern int f(struct later *); SEC("socket") int run(void *c) { return x + list[1] + f(0); }`,
    ),
    compile(
      "second.o",
      `struct later { int a; }; int x = 1; int list[4] = {1};
       int f(struct later *it) { return it ? it->a : 0; }`,
    ),
  ];
  const theirs = linkByBpftool(objects);
  assert(typeof theirs !== "string", String(theirs));
  const names = (bytes: Uint8Array) => parseElf(bytes).variables.map(({ name, offset }) => [name, offset]);
  assertEquals(names(linkObjects(objects)), names(theirs));
});

test("linkObjects() refuses maps that differ, as bpftool does", NEEDS, () => {
  const attributes = {
    type: "__uint(type, BPF_MAP_TYPE_ARRAY);",
    key: "__type(key, int);",
    value: "__type(value, struct v);",
    max_entries: "__uint(max_entries, 4);",
    map_flags: "__uint(map_flags, 0);",
  };
  const source = (prefix: string, changed: Partial<typeof attributes>, value = "int a;") =>
    `struct v { ${value} }; ${prefix} struct { ${
      Object.values({ ...attributes, ...changed }).join(" ")
    } } m SEC(".maps");
     SEC("socket") int ${prefix === "" ? "one" : "two"}(void *c) { return bpf_map_lookup_elem(&m, c) != 0; }`;
  const differ = (changed: Partial<typeof attributes>, value?: string) =>
    refused(source("", {}), source("extern", changed, value));
  assertEquals(
    differ({ max_entries: "__uint(max_entries, 5);" }),
    'Cannot link "second.o": "m" is not that of "first.o": its max_entries is 4 or 5',
  );
  assertStringIncludes(differ({ type: "__uint(type, BPF_MAP_TYPE_HASH);" }), "its type is 2 or 1");
  assertStringIncludes(differ({ map_flags: "__uint(map_flags, 1);" }), "its map_flags is 0 or 1");
  assertStringIncludes(differ({ key: "__type(key, long);" }), "its key_size is 4 or 8");
  assertStringIncludes(differ({ key: "__uint(key_size, 4);" }), "its key has a type or none");
  assertStringIncludes(differ({}, "int b;"), 'its value differs: member 0 of struct "v" is "a" or "b"');
  const inner = (type: string) =>
    `__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1); __type(key, int);
     __array(values, struct { __uint(type, ${type}); __uint(max_entries, 1); __type(key, int); __type(value, int); });`;
  const outer = (prefix: string, type: string) =>
    `${prefix} struct { ${inner(type)} } o SEC(".maps");
     SEC("socket") int ${prefix === "" ? "one" : "two"}(void *c) { return bpf_map_lookup_elem(&o, c) != 0; }`;
  assertStringIncludes(
    refused(outer("", "BPF_MAP_TYPE_ARRAY"), outer("extern", "BPF_MAP_TYPE_HASH")),
    "of the maps it holds, its type is 2 or 1",
  );
});

test("linkObjects() keeps what no object defines, and that is refused later", NEEDS, () => {
  const user = compile("user.o", `extern int far; SEC("socket") int run(void *c) { return far; }`);
  const linked = linkObjects([user]);
  assert(typeof linkByBpftool([user]) !== "string");
  assertThrows(() => parseElf(linked), ElfError, "far");
  const library = compile("library.o", "int far = 1;");
  const names = parseElf(linkObjects([{ name: "linked.o", bytes: linked }, library])).variables;
  assertEquals(names.map(({ name }) => name), ["far"]);
});

test("linkObjects() makes static to the kernel what is hidden in one object", NEEDS, () => {
  const objects = [
    compile("first.o", `extern int f(int) __hidden; SEC("socket") int run(void *c) { return f(1); }`),
    compile("second.o", `__noinline int f(int a) { return a; }`),
  ];
  const theirs = linkByBpftool(objects);
  assert(typeof theirs !== "string", String(theirs));
  const linkage = (bytes: Uint8Array) => parseElf(bytes).btf?.find("f", "function")?.linkage;
  assertEquals([linkage(linkObjects(objects)), linkage(theirs)], ["static", "static"]);
});

test("linkObjects() takes a stronger definition in another section", { needs: ["clang", "libbpf"] }, () => {
  const weak = compile("weak.o", `__weak int x; int y; SEC("socket") int run(void *c) { return x + y; }`);
  const strong = compile("strong.o", "int x = 5;");
  for (const objects of [[weak, strong], [strong, weak]]) {
    const { variables, maps, btf } = parseElf(linkObjects(objects));
    const places = variables.map(({ name, section, offset }) => [name, section, offset]).sort();
    assertEquals(places, [["x", ".data", 0], ["y", ".bss", 4]]);
    assertEquals(maps.find(({ name }) => name === ".data")?.contents, new Uint8Array([5, 0, 0, 0]));
    const entries = [".data", ".bss"].map((name) => btf?.find(name, "section")?.entries.length);
    assertEquals(entries, [1, 1]);
  }
});

test("linkObjects() refuses what is declared for one section and defined in another", NEEDS, () => {
  const declared = compile(
    "declared.o",
    `extern int x SEC(".data.far"); int own SEC(".data.far") = 1;
     SEC("socket") int run(void *c) { return x + own; }`,
  );
  const defined = compile("defined.o", "int x = 5;");
  assertEquals(
    refusalOf([defined, declared]),
    'Cannot link "declared.o": "x" is in section ".data.far", and before in ".data"',
  );
});

test("linkObjects() refuses symbols without types, as bpftool does", NEEDS, () => {
  const object = compile("plain.o", `SEC("socket") int run(void *c) { return 0; }`, []);
  assertStringIncludes(refusalOf([object]), '"run" has no type: compile with -g');
});
