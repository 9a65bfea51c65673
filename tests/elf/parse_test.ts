import { join } from "node:path";
import { test } from "../_harness.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ElfFile } from "../../src/elf/file.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { BytecodeError, ElfError } from "../../src/errors.ts";
import { compileInto, readBytes } from "./_compile.ts";
import { inTemporaryFolder } from "./_libbpf.ts";

const FOLDER = import.meta.dirname ?? "";
const OBJECTS = [
  "maps.bpf.o",
  "calls.bpf.o",
  "data.bpfeb.o",
  "ksyms.bpf.o",
  "values.bpf.o",
  "kconfig.bpfeb.o",
  "struct_ops.bpf.o",
  "arena.bpf.o",
].map((name) => join(FOLDER, name));

test("parseElf() reads the license and the version", () => {
  const maps = parseElf(readBytes(join(FOLDER, "maps.bpf.o")));
  assertEquals([maps.license, maps.kernelVersion, maps.byteOrder], ["GPL", 0x060102, "little"]);
  const big = parseElf(readBytes(join(FOLDER, "maps.bpfeb.o")));
  assertEquals([big.license, big.kernelVersion, big.byteOrder], ["GPL", 0x060102, "big"]);
  const calls = parseElf(readBytes(join(FOLDER, "calls.bpf.o")));
  assertEquals([calls.license, calls.kernelVersion], ["Dual MIT/GPL", 0]);
});

test("parseElf() gives the same for the same bytes, wherever they are", () => {
  const bytes = readBytes(join(FOLDER, "calls.bpf.o"));
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const { btf: _one, ...one } = parseElf(bytes, "a.o");
  const { btf: _two, ...two } = parseElf(shifted.subarray(3), "b.o");
  assertEquals(one, two);
});

/** What parsing a C source gives as an error. */
function errorOf(source: string, flags: readonly string[] = ["-g"]): ElfError {
  return inTemporaryFolder((folder) => {
    const bytes = readBytes(compileInto(folder, "x", source, flags));
    return assertThrows(() => parseElf(bytes, "x.o"), ElfError);
  });
}

test("parseElf() says what is wrong with a source", { needs: ["clang", "libbpf"] }, () => {
  const map = (members: string) => errorOf(`struct { ${members} } m SEC(".maps");`).message;
  assertStringIncludes(map("__uint(max_entries, 1);"), 'map "m" has no attribute "type"');
  assertStringIncludes(map("__uint(type, 1); __uint(colour, 3);"), 'map "m" has an attribute "colour"');
  assertStringIncludes(map("__uint(type, 1); __uint(pinning, 2);"), 'the attribute "pinning" of 2');
  assertStringIncludes(
    map("__uint(type, 1); __type(key, int); __uint(key_size, 8);"),
    "a key of 4 bytes and a key_size of 8",
  );
  assertStringIncludes(
    map("__uint(type, 1); __array(values, int (void *));"),
    'an attribute "values", which only arrays of programs and of maps have',
  );
  assertStringIncludes(
    map("__uint(type, 12); __array(values, struct { __uint(type, 12); __array(values, struct {}); });"),
    'map "m.inner" is inside another map and holds maps itself',
  );
  assertStringIncludes(
    map("__uint(type, 12); __array(values, struct { __uint(type, 1); __uint(pinning, 1); });"),
    'map "m.inner" is inside another map and cannot be pinned',
  );
  assertStringIncludes(errorOf(`struct { __uint(type, 1); } m SEC(".maps");`, []).message, "compile with -g");
  assertStringIncludes(
    errorOf(`extern int nowhere; SEC("xdp") int run(void *ctx) { return nowhere; }`).message,
    'function "run" refers to "nowhere", which is nowhere defined',
  );
});

test("parseElf() says what else is wrong with a source", { needs: ["clang", "libbpf"] }, () => {
  const refused = (source: string, state: string) => assertStringIncludes(errorOf(source).message, state);
  refused(
    `extern double CONFIG_HZ __kconfig; SEC("xdp") int run(void *ctx) { return *(int *)&CONFIG_HZ; }`,
    'variable "CONFIG_HZ" is of no type that __kconfig can have',
  );
  refused(
    `extern struct { __uint(type, 1); } m SEC(".maps"); SEC("xdp") int run(void *ctx) { return (long)&m; }`,
    '"m" is only declared: link the object that defines it',
  );
  refused(
    `struct { int (*run)(void); } ops SEC(".struct_ops") = { 0 };`,
    '"ops" is for struct_ops, and no struct with a name',
  );
  refused(
    `SEC("xdp") int run(void *ctx) { return 0; }
    struct set { void *run; int (*go)(void *); } ops SEC(".struct_ops") = { .go = run };`,
    'struct "set" has "run" in "go", which is no program in a section "struct_ops"',
  );
  refused(
    `SEC("struct_ops") int run(void *ctx) { return 0; }
    struct set { void *run; } ops SEC(".struct_ops") = { .run = run };`,
    'struct "set" has a function in "run", which is no pointer to one',
  );
  refused(
    `int helper(void *ctx) { return 0; }
    struct { __uint(type, 3); __uint(max_entries, 1); __uint(key_size, 4); __array(values, int (void *)); }
      tails SEC(".maps") = { .values = { (void *)&helper } };`,
    'map "tails" holds "helper", which is no program',
  );
  refused(
    `struct { __uint(type, 1); } plain SEC(".maps"); int number;
    struct { __uint(type, 12); __uint(max_entries, 1); __uint(key_size, 4); __array(values, struct { __uint(type, 1); }); }
      outer SEC(".maps") = { .values = { (void *)&number } };`,
    'map "outer" holds "number", which is no map',
  );
  refused(
    `int __attribute__((address_space(1))) number = 1;`,
    "it has variables of an arena and no map of the type BPF_MAP_TYPE_ARENA",
  );
  refused(
    `struct { __uint(type, 33); } one SEC(".maps"), two SEC(".maps");`,
    "are both arenas",
  );
  refused(
    `SEC("xdp") __attribute__((btf_decl_tag("exception_callback:gone"))) int run(void *ctx) { return 0; }`,
    'program "run" names "gone" for exceptions, which is no global function',
  );
});

test("parseElf() takes what objects without types do not define for symbols of the kernel", {
  needs: ["clang", "libbpf"],
}, () => {
  inTemporaryFolder((folder) => {
    const source = `extern int elsewhere(void); extern const int place __attribute__((weak));
      SEC("xdp") int run(void *ctx) { return elsewhere() + (&place != 0); }`;
    const spec = parseElf(readBytes(compileInto(folder, "x", source)), "x.o");
    const references = spec.programs[0]?.instructions.flatMap(({ reference }) => reference ?? []);
    assertEquals(references?.sort((a, b) => a.name < b.name ? -1 : 1), [
      { kind: "ksym", name: "elsewhere", weak: false, typeId: 0 },
      { kind: "ksym", name: "place", weak: true, typeId: 0 },
    ]);
    assertEquals(spec.ksyms.toSorted((a, b) => a.name < b.name ? -1 : 1), [
      { name: "elsewhere", kind: "function", weak: false, typeId: 0 },
      { name: "place", kind: "variable", weak: true, typeId: 0 },
    ]);
  });
});

test("parseElf() reads objects without types", { needs: ["clang", "libbpf"] }, () => {
  inTemporaryFolder((folder) => {
    const source = `int value = 3; SEC("xdp") int run(void *ctx) { return value; }`;
    const spec = parseElf(readBytes(compileInto(folder, "x", source)), "x.o");
    assertEquals(spec.btf, undefined);
    assertEquals(spec.variables, [{ name: "value", section: ".data", offset: 0, size: 4, typeId: 0 }]);
    assertEquals(spec.maps.map(({ name, flags }) => [name, flags]), [[".data", 0]]);
    assertEquals(spec.programs[0]?.instructions.some(({ reference }) => reference?.name === ".data"), true);
  });
});

test("parseElf() keeps the cause where types or instructions are damaged", () => {
  const bytes = new Uint8Array(readBytes(join(FOLDER, "calls.bpf.o")));
  // llvm-objdump -d: `r2 = 0xb8 ll`, a load of two slots, whose second must start with zeroes.
  const load = bytes.findIndex((byte, at) => byte === 0x18 && bytes[at + 4] === 0xb8 && at % 8 === 0);
  assert(load > 0);
  bytes[load + 8] = 0x95;
  const error = assertThrows(() => parseElf(bytes, "x.o"), ElfError, 'Cannot read "x.o"');
  assert(error.cause instanceof BytecodeError);
});

test("parseElf() refuses relocations that are not about one whole instruction", () => {
  const path = join(FOLDER, "data.bpf.o");
  const file = new ElfFile(readBytes(path), "x.o");
  const table = file.sections.find(({ name }) => name === ".relkprobe/vfs_read")?.offset ?? 0;
  const errorWith = (change: (view: DataView) => void): string => {
    const copy = new Uint8Array(readBytes(path));
    change(new DataView(copy.buffer));
    return assertThrows(() => parseElf(copy, "x.o"), ElfError).message;
  };
  const first = new DataView(new Uint8Array(readBytes(path)).buffer).getBigUint64(table, true);
  const within = 'function "read_all" has a relocation within an instruction';
  assertStringIncludes(errorWith((view) => view.setBigUint64(table, first + 8n, true)), within);
  assertStringIncludes(errorWith((view) => view.setBigUint64(table, first + 1n, true)), within);
  assertStringIncludes(
    errorWith((view) => view.setBigUint64(table + 16, first, true)),
    "several relocations",
  );
  assertStringIncludes(
    errorWith((view) => view.setBigUint64(table, 1n << 40n, true)),
    "outside of its section",
  );
  assertStringIncludes(errorWith((view) => view.setUint32(table + 12, 1 << 20, true)), "symbol 1048576");
});

/** Parses, and fails on every error but an ElfError. */
function survives(bytes: Uint8Array): boolean {
  try {
    parseElf(bytes, "x.o");
    return true;
  } catch (error) {
    if (error instanceof ElfError) return false;
    throw error;
  }
}

test("parseElf() refuses objects that are cut off anywhere", () => {
  for (const path of OBJECTS) {
    const bytes = readBytes(path);
    for (let length = 0; length < bytes.length; length++) {
      assertEquals(survives(bytes.subarray(0, length)), false, `${path} cut off at ${length}`);
    }
  }
});

test("parseElf() gives an ElfError or an object for bytes changed at random", () => {
  // xorshift32: the same changes in every run.
  let state = 0x9e3779b9;
  const random = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const originals = OBJECTS.map(readBytes);
  let refused = 0;
  for (let round = 0; round < 5000; round++) {
    const copy = new Uint8Array(originals[round % originals.length] ?? []);
    for (let change = random(4); change >= 0; change--) {
      copy[random(copy.length)] = [0, 0xff, random(256), 1 << random(8)][random(4)] ?? 0;
    }
    if (!survives(copy)) refused++;
  }
  assert(refused > 500 && refused < 5000, `${refused} refused`);
});

// Offsets and the magic (0xeb9f) are where llvm-readelf finds the section: clang's own layout of the object.
test("parseElf() says where in the file the types are damaged", () => {
  const bytes = readBytes(join(FOLDER, "data.bpf.o"));
  const magic = bytes.findIndex((byte, i) => byte === 0x9f && bytes[i + 1] === 0xeb && bytes[i + 2] === 1);
  const damaged = Uint8Array.from(bytes);
  damaged[magic] = 0;
  const error = assertThrows(() => parseElf(damaged), ElfError);
  assertEquals(error.offset, magic);
});
