import { assert, assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../../scripts/_tools.ts";
import { decode, encode, type Instruction } from "../../src/asm/mod.ts";
import { BytecodeError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { ENCODINGS } from "./_encodings.ts";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Numbers from 0 to below `limit`, the same in every run (mulberry32). */
function random(seed: number): (limit: number) => number {
  return (limit) => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % limit;
  };
}

function randomInstruction(next: (limit: number) => number): Instruction {
  const opcode = next(8) === 0 ? 0x18 : next(256);
  return {
    opcode,
    dst: next(16),
    src: next(16),
    offset: next(0x1_0000) - 0x8000,
    imm: next(2 ** 32) | 0,
    immHigh: opcode === 0x18 ? next(2 ** 32) | 0 : 0,
  };
}

test("decode() reads the bytes of llvm-mc, in both byte orders", () => {
  for (const [instruction, text, little, big] of ENCODINGS) {
    assertEquals(decode(bytesOf(little)), [instruction], text);
    assertEquals(decode(bytesOf(big), { byteOrder: "big" }), [instruction], text);
  }
});

test("decode() gives back any instructions that encode() took", () => {
  const next = random(1);
  for (let round = 0; round < 200; round++) {
    const program = Array.from({ length: next(40) }, () => randomInstruction(next));
    const byteOrder = next(2) === 0 ? "little" : "big";
    assertEquals(decode(encode(program, { byteOrder }), { byteOrder }), program);
  }
});

test("encode() gives back any bytes that decode() took, which fails on nothing but half wide loads", () => {
  const next = random(2);
  let taken = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: 8 * next(12) }, () => next(256));
    try {
      assertEquals(encode(decode(bytes)), bytes);
      taken++;
    } catch (error) {
      assert(error instanceof BytecodeError);
      assertEquals(bytes[error.offset ?? 0], 0x18);
    }
  }
  assert(taken > 1500);
});

test("decode() reads a view into a larger buffer", () => {
  const buffer = bytesOf("ffffff" + "b701000005000000" + "ff");
  assertEquals(decode(buffer.subarray(3, 11)), [
    { opcode: 0xb7, dst: 1, src: 0, offset: 0, imm: 5, immHigh: 0 },
  ]);
});

test("decode() refuses bytes that end inside an instruction", () => {
  const error = assertThrows(() => decode(new Uint8Array(19)), BytecodeError, "19 bytes");
  assertEquals(error.offset, 16);
});

test("decode() refuses half a 64-bit immediate load", () => {
  const half = "1800000001000000";
  for (const rest of ["", "9500000000000000", "0001000000000000", "0000010000000000"]) {
    const error = assertThrows(() => decode(bytesOf("9500000000000000" + half + rest)), BytecodeError);
    assertEquals(error.offset, 8);
  }
});

test("decode() and encode() agree on what clang compiles", { needs: ["clang"] }, () => {
  const folder = mkdtempSync(join(tmpdir(), "asm-"));
  try {
    const source = join(folder, "code.c");
    writeFileSync(
      source,
      `long f(long *p, int n) {
         long sum = 0x123456789abcdef;
         for (int i = 0; i < n; i++) { sum += p[i] / 3; sum ^= (signed char)p[i]; __sync_fetch_and_add(p, sum); }
         return __builtin_bswap32(sum) + *(short *)p;
       }`,
    );
    for (const [target, byteOrder] of [["bpfel", "little"], ["bpfeb", "big"]] as const) {
      const object = join(folder, `${target}.o`);
      execFileSync(findTool("clang") ?? "", [
        `--target=${target}`,
        "-mcpu=v4",
        "-O2",
        "-c",
        source,
        "-o",
        object,
      ]);
      const text = textSection(readFileSync(object), byteOrder === "little");
      const program = decode(text, { byteOrder });
      assert(program.length > 10);
      assertEquals(program.at(-1), { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0, immHigh: 0 });
      assertEquals(encode(program, { byteOrder }), text);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The bytes of the one executable section of a 64-bit ELF file. */
function textSection(file: Uint8Array, little: boolean): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const headers = Number(view.getBigUint64(0x28, little));
  for (let i = 0; i < view.getUint16(0x3c, little); i++) {
    const header = headers + i * 64;
    const executable = (view.getBigUint64(header + 8, little) & 4n) !== 0n;
    const offset = Number(view.getBigUint64(header + 24, little));
    const size = Number(view.getBigUint64(header + 32, little));
    if (executable && size > 0) return Uint8Array.from(file.subarray(offset, offset + size));
  }
  throw new Error("no code in the object");
}

test("decode() takes 10,000 instructions without taking long", () => {
  const bytes = bytesOf("bf16000000000000".repeat(10_000));
  decode(bytes);
  const start = performance.now();
  const program = decode(bytes);
  const elapsed = performance.now() - start;
  assertEquals(program.length, 10_000);
  assert(elapsed < 5000, `${elapsed} ms`);
});
