import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  and,
  call,
  callFunction,
  callKfunc,
  gotol,
  gotox,
  ja,
  jeq,
  label,
  ldFunction,
  ldImm64,
  ldKsym,
  ldMap,
  ldMapIndex,
  ldMapIndexValue,
  ldMapValue,
  ldx,
  loadAcquire,
  mov,
  r0,
  r1,
  r10,
  r2,
  st,
  storeRelease,
  stx,
  w1,
} from "../../src/asm/mod.ts";
import { test } from "../_harness.ts";

// Bytes of plain instructions are compared with llvm-mc in encode_test.ts; here is what LLVM 19 has no text for.

test("loadAcquire() and storeRelease() carry the UAPI operations", () => {
  // BPF_LOAD_ACQ is 0x100, BPF_STORE_REL 0x110; the class is STX, the mode ATOMIC.
  assertEquals(
    loadAcquire("u8", r1, [r2, 4]),
    plain({ opcode: 0xd3, dst: 1, src: 2, offset: 4, imm: 0x100 }),
  );
  assertEquals(
    loadAcquire("u16", r1, [r2, 4]),
    plain({ opcode: 0xcb, dst: 1, src: 2, offset: 4, imm: 0x100 }),
  );
  assertEquals(
    storeRelease("u32", [r1, 4], r2),
    plain({ opcode: 0xc3, dst: 1, src: 2, offset: 4, imm: 0x110 }),
  );
  assertEquals(
    storeRelease("u64", [r1, 4], r2),
    plain({ opcode: 0xdb, dst: 1, src: 2, offset: 4, imm: 0x110 }),
  );
});

test("gotox() is BPF_JMP | BPF_JA | BPF_X", () => {
  assertEquals(gotox(r2), plain({ opcode: 0x0d, dst: 2 }));
});

test("64-bit immediate loads carry the pseudo sources of the UAPI", () => {
  assertEquals(ldMap(r1, 7), plain({ opcode: 0x18, dst: 1, src: 1, imm: 7 }));
  assertEquals(ldMapValue(r1, 7, 16), plain({ opcode: 0x18, dst: 1, src: 2, imm: 7, immHigh: 16 }));
  assertEquals(ldKsym(r1, 1234), plain({ opcode: 0x18, dst: 1, src: 3, imm: 1234 }));
  assertEquals(ldFunction(r1, "f").src, 4);
  assertEquals(ldMapIndex(r1, 2), plain({ opcode: 0x18, dst: 1, src: 5, imm: 2 }));
  assertEquals(ldMapIndexValue(r1, 2, 16), plain({ opcode: 0x18, dst: 1, src: 6, imm: 2, immHigh: 16 }));
});

test("builders that take a name leave a reference", () => {
  assertEquals(ldMap(r1, "m").reference, { kind: "map", name: "m" });
  assertEquals(ldMapValue(r1, "m", 8).reference, { kind: "mapValue", name: "m" });
  assertEquals(ldMapValue(r1, "m", 8).immHigh, 8);
  assertEquals(ldFunction(r1, "f").reference, { kind: "function", name: "f" });
  assertEquals(ldKsym(r1, "k").reference, { kind: "ksym", name: "k", weak: false, typeId: 0 });
  assertEquals(callKfunc("k").reference, { kind: "ksym", name: "k", weak: false, typeId: 0 });
  assertEquals(callFunction("f").reference, { kind: "function", name: "f" });
  assertEquals(ja("l").reference, { kind: "label", name: "l" });
  assertEquals(jeq(r1, 0, "l").reference, { kind: "label", name: "l" });
});

test("calls carry the pseudo sources of the UAPI", () => {
  assertEquals(callFunction(-3), plain({ opcode: 0x85, src: 1, imm: -3 }));
  assertEquals(callKfunc(4321), plain({ opcode: 0x85, src: 2, imm: 4321 }));
});

test("label() adds a symbol and leaves the rest", () => {
  const instruction = ldMap(r1, "m");
  assertEquals(label("here", instruction), { ...instruction, symbol: "here" });
});

test("call() refuses a name that is no helper", () => {
  // @ts-expect-error: not a HelperName
  assertThrows(() => call("bpf_map_lookup"), TypeError, '"bpf_map_lookup"');
});

test("operations refuse registers of different widths", () => {
  // @ts-expect-error: the types refuse it as well
  assertThrows(() => mov(r1, w1), TypeError, "r1 with w1");
  // @ts-expect-error: the types refuse it as well
  assertThrows(() => jeq(w1, r0, 0), TypeError, "w1 with r0");
});

test("immediates of 64-bit operations have signed 32 bits, as their sign is extended", () => {
  assertThrows(() => and(r1, 0xffffffff), RangeError, "ldImm64()");
  assertThrows(() => add(r1, 0.5), RangeError, "0.5");
  assertThrows(() => st("u64", [r10, -8], 2 ** 31), RangeError);
  assertEquals(and(w1, 0xffffffff).imm, -1);
  assertEquals(st("u32", [r10, -8], 2 ** 32 - 1).imm, -1);
});

test("st() refuses what does not fit the size", () => {
  assertEquals(st("u8", [r10, -1], 255).imm, 255);
  assertThrows(() => st("u8", [r10, -1], 256), RangeError, "-128 to 255");
  assertThrows(() => st("u16", [r10, -2], -32769), RangeError);
});

test("offsets and distances are checked", () => {
  assertThrows(() => ldx("u8", r1, [r2, 32768]), RangeError);
  assertThrows(() => stx("u8", [r2, -32769], r1), RangeError);
  assertThrows(() => ja(32768), RangeError);
  assertThrows(() => gotol(2 ** 31), RangeError);
});

test("ldImm64() takes 64 bits, signed or not", () => {
  assertEquals(ldImm64(r1, 2n ** 64n - 1n), ldImm64(r1, -1n));
  assertEquals(ldImm64(r1, -(2n ** 63n)).immHigh, -(2 ** 31));
  assertThrows(() => ldImm64(r1, 2n ** 64n), RangeError);
  assertThrows(() => ldImm64(r1, 2 ** 53), RangeError, "bigint");
});

/** An instruction from the fields that are not 0. */
function plain(fields: Record<string, number>): unknown {
  return { opcode: 0, dst: 0, src: 0, offset: 0, imm: 0, immHigh: 0, ...fields };
}
