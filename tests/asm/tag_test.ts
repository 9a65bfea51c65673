import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import {
  add,
  atomicAdd,
  call,
  callFunction,
  encode,
  exit,
  type Instruction,
  jeq,
  label,
  ldFunction,
  ldMap,
  ldMapIndex,
  ldMapValue,
  ldx,
  lsh,
  mov,
  programTag,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  r6,
  stx,
  w0,
  w1,
  w6,
} from "../../src/asm/mod.ts";
import { BytecodeError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { loadAll } from "./_kernel.ts";
import { ARITHMETIC, MEMORY } from "./_programs.ts";

/** What clang 19 compiles of a socket filter with a map, a global variable, a callback and a function. */
const COUNT: readonly Instruction[] = [
  mov(r6, r1),
  mov(w1, 0),
  stx("u32", [r10, -4], r1),
  mov(r2, r10),
  add(r2, -4),
  ldMap(r1, "counts"),
  call("bpf_map_lookup_elem"),
  jeq(r0, 0, "loop"),
  ldx("u32", r1, [r6, 0]),
  atomicAdd("u64", [r0, 0], r1),
  label("loop", mov(w1, 4)),
  ldFunction(r2, "step"),
  mov(r3, 0),
  mov(r4, 0),
  call("bpf_loop"),
  ldx("u32", r1, [r6, 8]),
  callFunction("twice"),
  exit(),
  label("step", mov(w1, w1)),
  ldMapValue(r2, ".bss"),
  atomicAdd("u64", [r2, 0], r1),
  mov(r0, 0),
  exit(),
  label("twice", mov(w6, w1)),
  lsh(w6, 1),
  call("bpf_get_prandom_u32"),
  add(w0, w6),
  exit(),
];

test("programTag() is what bpftool shows of a program that libbpf loaded", () => {
  // `bpftool prog loadall`, then `bpftool prog show`, Linux 6.18.
  assertEquals(programTag(COUNT), "8c529f6760c131e2");
});

test("programTag() is what the kernel says of programs without maps", () => {
  for (const { tag, lines } of [ARITHMETIC, MEMORY]) {
    assertEquals(programTag(lines.map(([instruction]) => instruction)), tag);
  }
});

test("programTag() is what the running kernel says", { needs: ["bpf", "cc"] }, () => {
  const programs = [
    [mov(r0, 0), exit()],
    [ldMap(r1, 0), ldMapValue(r2, 0, 8), ldx("u64", r0, [r2, 0]), exit()],
    MEMORY.lines.map(([instruction]) => instruction),
  ];
  loadAll(programs.map((program) => encode(program))).forEach(({ tag }, i) => {
    const program = programs[i] ?? [];
    // Linux before 6.18 has SHA-1.
    const either = [programTag(program), programTag(program, { hash: "sha1" })];
    assertEquals(either.filter((ours) => ours === tag), [tag]);
  });
});

test("programTag() takes the first 8 bytes of the chosen digest", () => {
  // r0 = 0; exit
  const bytes = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
  for (const hash of ["sha1", "sha256"] as const) {
    const expected = createHash(hash).update(bytes).digest("hex").slice(0, 16);
    assertEquals(programTag([mov(r0, 0), exit()], { hash }), expected);
  }
});

test("programTag() ignores which map is meant, and where in its value", () => {
  const tag = programTag([ldMap(r1, 3), exit()]);
  assertEquals(programTag([ldMap(r1, "counts"), exit()]), tag);
  assertEquals(programTag([{ ...ldMap(r1, "counts"), src: 0 }, exit()]), tag);
  assertEquals(programTag([ldMapValue(r1, 3, 8), exit()]), programTag([ldMapValue(r1, ".bss"), exit()]));
  // bpf_prog_calc_tag() clears file descriptors only.
  assertEquals(programTag([ldMapIndex(r1, 1), exit()]) === programTag([ldMapIndex(r1, 2), exit()]), false);
});

test("programTag() finds functions that start with the address of a map", () => {
  const callback = [{ ...ldMapValue(r1, ".bss"), symbol: "callback" }, exit()];
  // r2 = function callback, two slots long; the distance to it is 2, over the exit.
  const loaded = programTag([ldFunction(r2, "callback"), exit(), ...callback]);
  const plain = { ...ldFunction(r2, "callback"), imm: 2 };
  const { reference: _reference, ...resolved } = plain;
  assertEquals(loaded, programTag([resolved, exit(), ldMapValue(r1, ".bss"), exit()]));
});

test("programTag() hashes the bytes of the byte order asked for", () => {
  // r0 = 1; exit, as llvm-mc -triple=bpfeb has it
  const bytes = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 1, 0x95, 0, 0, 0, 0, 0, 0, 0);
  const expected = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  assertEquals(programTag([mov(r0, 1), exit()], { byteOrder: "big" }), expected);
});

test("programTag() refuses what cannot be encoded", () => {
  assertThrows(() => programTag([callFunction("missing")]), BytecodeError, '"missing"');
});
