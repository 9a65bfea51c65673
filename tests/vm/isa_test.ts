/** Expected values are those of RFC 9669, by section; numbers are worked out by hand or by `bigint` arithmetic. */
import { assertEquals } from "@std/assert";
import * as asm from "../../src/asm/mod.ts";
import type { Instruction } from "../../src/asm/mod.ts";
import { Vm } from "../../src/vm/mod.ts";
import { test } from "../_harness.ts";

const { r0, r1, r10, r2, r3, r6, w0, w1, mov, ldImm64, exit, st, stx, ldx, label, add, ja } = asm;
const MIN64 = -(1n << 63n);

/** What a program leaves in r0, all 64 bits of it. */
function result(...instructions: Instruction[]): bigint {
  const seen: bigint[] = [];
  const vm = new Vm({
    type: "syscall",
    instructions: [...instructions, mov(r1, r0), asm.callKfunc("see"), mov(r0, 0), exit()],
    helpers: { see: (value) => void seen.push(value) },
  });
  vm.run();
  return seen[0] ?? -1n;
}

/** The result of an operation on two values in registers. */
function binary(build: (dst: typeof r0, src: typeof r1) => Instruction, a: bigint, b: bigint): bigint {
  return BigInt.asIntN(64, result(ldImm64(r0, a), ldImm64(r1, b), build(r0, r1)));
}

test("arithmetic of 64 bits wraps around (4.1)", () => {
  assertEquals(binary(asm.add, (1n << 64n) - 1n, 2n), 1n);
  assertEquals(binary(asm.sub, 0n, 1n), -1n);
  assertEquals(
    binary(asm.mul, 0x1234_5678_9abc_def0n, 0xfedc_ba98_7654_3210n),
    BigInt.asIntN(64, 0x1234_5678_9abc_def0n * 0xfedc_ba98_7654_3210n),
  );
  assertEquals(binary(asm.or, 0xf0n << 56n, 0x0fn), BigInt.asIntN(64, 0xf0n << 56n) | 0x0fn);
  assertEquals(binary(asm.and, -1n, 0xff00n), 0xff00n);
  assertEquals(binary(asm.xor, -1n, 1n), -2n);
  assertEquals(result(mov(r0, 5), asm.neg(r0)), BigInt.asUintN(64, -5n));
});

test("arithmetic of 32 bits clears the upper half (4.1)", () => {
  assertEquals(result(ldImm64(r0, -1n), asm.add(w0, 1)), 0n);
  assertEquals(result(ldImm64(r0, -1n), asm.mov(w0, -1)), 0xffff_ffffn);
  assertEquals(result(ldImm64(r0, 1n << 40n), asm.sub(w0, 1)), 0xffff_ffffn);
  assertEquals(result(ldImm64(r0, -1n), asm.neg(w0)), 1n);
  assertEquals(result(ldImm64(r0, -1n), asm.rsh(w0, 4)), 0x0fff_ffffn);
  assertEquals(result(ldImm64(r0, 0x8000_0000n), asm.arsh(w0, 4)), 0xf800_0000n);
});

test("an immediate of 32 bits is extended by its sign for 64 (4.1)", () => {
  assertEquals(result(mov(r0, -1)), (1n << 64n) - 1n);
  assertEquals(result(mov(r0, 0), add(r0, -8)), (1n << 64n) - 8n);
  // {DIV, K, ALU}: dst = (u32)(u32)dst / (u32)imm, as the document has it
  assertEquals(result(ldImm64(r0, 0x1_0000_0010n), asm.div(w0, 4)), 4n);
  // "an unsigned division of 64 bits by -1 is one by 2^64 - 1"
  assertEquals(result(ldImm64(r0, -1n), asm.div(r0, -1)), 1n);
  assertEquals(result(mov(r0, 7), asm.div(r0, -1)), 0n);
});

test("division by zero gives zero, its remainder the dividend (4.1)", () => {
  assertEquals([asm.div, asm.sdiv].map((by) => binary(by, -9n, 0n)), [0n, 0n]);
  assertEquals([asm.mod, asm.smod].map((by) => binary(by, -9n, 0n)), [-9n, -9n]);
  // Of 32 bits, the remainder is the lower half, and the upper is cleared.
  assertEquals(result(ldImm64(r0, -9n), mov(r1, 0), asm.mod(w0, w1)), BigInt.asUintN(32, -9n));
  assertEquals(result(ldImm64(r0, -9n), mov(r1, 0), asm.div(w0, w1)), 0n);
});

test("signed division truncates towards zero (4.1)", () => {
  // "-13 % 3 == -1" and "-13 / 3 == -4"
  assertEquals([binary(asm.smod, -13n, 3n), binary(asm.sdiv, -13n, 3n)], [-1n, -4n]);
  assertEquals([binary(asm.smod, 13n, -3n), binary(asm.sdiv, 13n, -3n)], [1n, -4n]);
  // "If LLONG_MIN / -1 overflows, it gives LLONG_MIN, and the remainder is 0"
  assertEquals([binary(asm.sdiv, MIN64, -1n), binary(asm.smod, MIN64, -1n)], [MIN64, 0n]);
  assertEquals(result(mov(r0, -0x8000_0000), mov(r1, -1), asm.sdiv(w0, w1)), 0x8000_0000n);
  assertEquals(result(mov(r0, -0x8000_0000), mov(r1, -1), asm.smod(w0, w1)), 0n);
  assertEquals(binary(asm.div, -13n, 3n), ((1n << 64n) - 13n) / 3n);
});

test("shifts take 6 bits of the amount, or 5 (4.1)", () => {
  assertEquals(binary(asm.lsh, 1n, 65n), 2n);
  assertEquals(binary(asm.rsh, -1n, 127n), 1n);
  assertEquals(binary(asm.arsh, MIN64, 63n), -1n);
  assertEquals(
    [0n, 1n, 31n, 32n, 33n, 63n].map((by) => binary(asm.lsh, 0x8000_0001_8000_0001n, by)),
    [0n, 1n, 31n, 32n, 33n, 63n].map((by) => BigInt.asIntN(64, 0x8000_0001_8000_0001n << by)),
  );
  assertEquals(
    [0n, 1n, 31n, 32n, 33n, 63n].map((by) => binary(asm.arsh, -0x1234_5678_9abcn, by)),
    [0n, 1n, 31n, 32n, 33n, 63n].map((by) => -0x1234_5678_9abcn >> by),
  );
  assertEquals(result(mov(r0, 1), mov(r1, 33), asm.lsh(w0, w1)), 2n);
});

test("moves extend the sign of 8, 16 and 32 bits (4.1)", () => {
  assertEquals(result(mov(r1, 0x80), asm.movsx(r0, r1, 8)), BigInt.asUintN(64, -128n));
  assertEquals(result(mov(r1, 0x8000), asm.movsx(r0, r1, 16)), BigInt.asUintN(64, -32768n));
  assertEquals(result(ldImm64(r1, 0x8000_0000n), asm.movsx(r0, r1, 32)), BigInt.asUintN(64, -0x8000_0000n));
  // "{MOVSX, X, ALU} ... zeroes the remaining upper 32 bits"
  assertEquals(result(mov(r1, 0x80), asm.movsx(w0, w1, 8)), 0xffff_ff80n);
  assertEquals(result(ldImm64(r1, 0x1234_7fffn), asm.movsx(w0, w1, 16)), 0x7fffn);
});

test("bytes are swapped for big-endian, always, or not at all (4.2)", () => {
  const value = ldImm64(r0, 0x0102_0304_0506_0708n);
  assertEquals([16, 32, 64].map((bits) => result(value, asm.toBe(r0, bits as 16))), [
    0x0807n,
    0x0807_0605n,
    0x0807_0605_0403_0201n,
  ]);
  assertEquals([16, 32, 64].map((bits) => result(value, asm.bswap(r0, bits as 16))), [
    0x0807n,
    0x0807_0605n,
    0x0807_0605_0403_0201n,
  ]);
  assertEquals([16, 32, 64].map((bits) => result(value, asm.toLe(r0, bits as 16))), [
    0x0708n,
    0x0506_0708n,
    0x0102_0304_0506_0708n,
  ]);
});

test("jumps compare signed and unsigned, 64 and 32 bits (4.3)", () => {
  const taken = (jump: Instruction, a: bigint, b: bigint) =>
    result(ldImm64(r2, a), ldImm64(r3, b), mov(r0, 1), jump, mov(r0, 0), label("yes", mov(r2, 0))) === 1n;
  const { jeq, jne, jgt, jge, jlt, jle, jset, jsgt, jsge, jslt, jsle, w2, w3 } = asm;
  const names = { jeq, jne, jgt, jge, jlt, jle, jset, jsgt, jsge, jslt, jsle };
  const means: Record<keyof typeof names, (a: bigint, b: bigint, bits: number) => boolean> = {
    jeq: (a, b) => a === b,
    jne: (a, b) => a !== b,
    jgt: (a, b) => a > b,
    jge: (a, b) => a >= b,
    jlt: (a, b) => a < b,
    jle: (a, b) => a <= b,
    jset: (a, b) => (a & b) !== 0n,
    jsgt: (a, b, bits) => BigInt.asIntN(bits, a) > BigInt.asIntN(bits, b),
    jsge: (a, b, bits) => BigInt.asIntN(bits, a) >= BigInt.asIntN(bits, b),
    jslt: (a, b, bits) => BigInt.asIntN(bits, a) < BigInt.asIntN(bits, b),
    jsle: (a, b, bits) => BigInt.asIntN(bits, a) <= BigInt.asIntN(bits, b),
  };
  const values = [
    0n,
    1n,
    0x7fff_ffffn,
    0x8000_0000n,
    0xffff_ffffn,
    1n << 32n,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 64n) - 1n,
  ];
  for (const name of Object.keys(names) as (keyof typeof names)[]) {
    for (const a of values) {
      for (const b of values) {
        assertEquals(taken(names[name](r2, r3, "yes"), a, b), means[name](a, b, 64), `${name} ${a} ${b}`);
        const [low, other] = [BigInt.asUintN(32, a), BigInt.asUintN(32, b)];
        assertEquals(
          taken(names[name](w2, w3, "yes"), a, b),
          means[name](low, other, 32),
          `${name}32 ${a} ${b}`,
        );
      }
    }
  }
  assertEquals(taken(jgt(r2, -1, "yes"), (1n << 64n) - 1n, 0n), false);
  assertEquals(taken(jeq(r2, -1, "yes"), (1n << 64n) - 1n, 0n), true);
});

test("jumps go forth and back, near and far (4.3)", () => {
  const sum = [mov(r0, 0), mov(r2, 10), label("again", add(r0, r2)), asm.sub(r2, 1), asm.jne(r2, 0, "again")];
  assertEquals(result(...sum), 55n);
  assertEquals(result(mov(r0, 1), asm.gotol("far"), mov(r0, 2), label("far", add(r0, 10))), 11n);
  // Distances count slots: a 64-bit immediate load takes two.
  assertEquals(result(mov(r0, 1), ja(2), ldImm64(r0, 1n << 40n), add(r0, 10)), 11n);
});

test("loads and stores have 1 to 8 bytes, the lowest first (5.1, 5.2)", () => {
  const store = [ldImm64(r1, 0x8182_8384_8586_8788n), stx("u64", [r10, -8], r1)];
  const at = (size: Parameters<typeof ldx>[0], offset: number) =>
    result(...store, ldx(size, r0, [r10, offset]));
  assertEquals([at("u8", -8), at("u16", -8), at("u32", -8), at("u64", -8)], [
    0x88n,
    0x8788n,
    0x8586_8788n,
    0x8182_8384_8586_8788n,
  ]);
  assertEquals([at("s8", -1), at("s16", -2), at("s32", -4)].map((it) => BigInt.asIntN(64, it)), [
    -0x7fn,
    BigInt.asIntN(16, 0x8182n),
    BigInt.asIntN(32, 0x8182_8384n),
  ]);
  assertEquals(result(st("u64", [r10, -8], -2), ldx("u64", r0, [r10, -8])), (1n << 64n) - 2n);
  assertEquals(
    result(st("u64", [r10, -8], 0), st("u16", [r10, -6], -1), ldx("u64", r0, [r10, -8])),
    0xffff_0000n,
  );
});

test("atomics change memory, and give the old value where asked (5.3)", () => {
  const initial = [st("u64", [r10, -8], 12), mov(r1, 10)];
  const memory = (operation: Instruction) => result(...initial, operation, ldx("u64", r0, [r10, -8]));
  const fetched = (operation: Instruction) => result(...initial, operation, mov(r0, r1));
  assertEquals(memory(asm.atomicAdd("u64", [r10, -8], r1)), 22n);
  assertEquals(memory(asm.atomicOr("u64", [r10, -8], r1)), 14n);
  assertEquals(memory(asm.atomicAnd("u64", [r10, -8], r1)), 8n);
  assertEquals(memory(asm.atomicXor("u64", [r10, -8], r1)), 6n);
  assertEquals(memory(asm.atomicXchg("u64", [r10, -8], r1)), 10n);
  assertEquals(fetched(asm.atomicXchg("u64", [r10, -8], r1)), 12n);
  assertEquals(fetched(asm.atomicFetchAdd("u64", [r10, -8], r1)), 12n);
  assertEquals(fetched(asm.atomicAdd("u64", [r10, -8], r1)), 10n);
  const exchange = (
    expected: number,
  ) => [...initial, mov(r0, expected), asm.atomicCmpxchg("u64", [r10, -8], r1)];
  assertEquals(result(...exchange(12)), 12n);
  assertEquals(result(...exchange(12), ldx("u64", r0, [r10, -8])), 10n);
  assertEquals(result(...exchange(13), ldx("u64", r0, [r10, -8])), 12n);
  // Of 32 bits, the old value is extended with zeroes.
  assertEquals(
    result(
      st("u64", [r10, -8], -1),
      mov(r0, 0),
      mov(r1, 1),
      asm.atomicFetchAdd("u32", [r10, -8], r1),
      mov(r0, r1),
    ),
    0xffff_ffffn,
  );
  assertEquals(result(st("u64", [r10, -8], -1), asm.loadAcquire("u16", r0, [r10, -8])), 0xffffn);
});

test("functions get five arguments, keep r6 to r9, and have a stack of their own (2.1, 4.3.2)", () => {
  const program = [
    mov(r6, 6),
    st("u64", [r10, -8], 7),
    mov(r1, 1),
    mov(r2, 2),
    asm.callFunction("sum"),
    asm.lsh(r0, 8),
    add(r0, r6),
    ldx("u64", r1, [r10, -8]),
    asm.lsh(r0, 8),
    add(r0, r1),
    ja("end"),
    label("sum", mov(r6, 99)),
    st("u64", [r10, -8], 99),
    mov(r0, r1),
    add(r0, r2),
    exit(),
    label("end", mov(r1, 0)),
  ];
  assertEquals(result(...program), 3n << 16n | 6n << 8n | 7n);
});

test("a stack of the caller is reached by its address", () => {
  const program = [
    st("u64", [r10, -8], 40),
    mov(r1, r10),
    asm.callFunction("increment"),
    ldx("u64", r0, [r10, -8]),
    ja("end"),
    label("increment", ldx("u64", r2, [r1, -8])),
    add(r2, 2),
    stx("u64", [r1, -8], r2),
    mov(r0, 0),
    exit(),
    label("end", mov(r1, 0)),
  ];
  assertEquals(result(...program), 42n);
});

test("may_goto goes on 8 million times (BPF_MAX_LOOPS)", () => {
  const vm = new Vm({
    type: "syscall",
    instructions: [
      mov(r0, 0),
      label("again", asm.mayGoto("out")),
      add(r0, 1),
      ja("again"),
      label("out", exit()),
    ],
    maxInstructions: 30_000_000,
  });
  assertEquals(vm.run().returnValue, 8 * 1024 * 1024);
});
