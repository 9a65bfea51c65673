import { assert, assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { findTool } from "../../scripts/_tools.ts";
import {
  add,
  addrSpaceCast,
  callFunction,
  CLASS,
  encode,
  exit,
  gotol,
  type Instruction,
  ja,
  jeq,
  JUMP,
  label,
  ldFunction,
  ldImm64,
  ldKsym,
  ldMap,
  ldMapValue,
  mov,
  r0,
  r1,
  r2,
  slotsByIndex,
} from "../../src/asm/mod.ts";
import { BytecodeError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { ENCODINGS } from "./_encodings.ts";

function hex(instructions: readonly Instruction[], byteOrder: "little" | "big" = "little"): string {
  return Array.from(encode(instructions, { byteOrder }), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

/** `count` instructions that do nothing. */
function padding(count: number): Instruction[] {
  return Array.from({ length: count }, () => mov(r0, 0));
}

test("encode() gives the bytes of llvm-mc for every instruction, in both byte orders", () => {
  for (const [instruction, text, little, big] of ENCODINGS) {
    assertEquals(hex([instruction]), little, text);
    assertEquals(hex([instruction], "big"), big, text);
  }
});

test("the table of encodings is what llvm-mc gives", { needs: ["llvm-mc"] }, () => {
  const llvmMc = findTool("llvm-mc") ?? "";
  const input = ENCODINGS.map(([, text]) => `${text}\n`).join("");
  for (const [index, target] of [[2, "bpfel"], [3, "bpfeb"]] as const) {
    const output = execFileSync(llvmMc, [`-triple=${target}`, "-mcpu=v4", "-show-encoding"], {
      input,
      encoding: "utf8",
    });
    const bytes = [...output.matchAll(/encoding: \[(.*)\]/g)].map(([, list]) =>
      list?.replaceAll(/0x|,/g, "")
    );
    assertEquals(bytes, ENCODINGS.map((row) => row[index]));
  }
});

test("encode() keeps the offset and immediate of an address space cast", () => {
  // bpf_insn of `r1 = addr_space_cast(r2, 1, 0)` as llvm-mc has it.
  assertEquals(hex([addrSpaceCast(r1, r2, { to: 1, from: 0 })]), "bf21010000000100");
});

test("encode() keeps fields that mean nothing", () => {
  const strange = { opcode: 0xff, dst: 15, src: 15, offset: -32768, imm: -2147483648, immHigh: 0 };
  assertEquals(hex([strange]), "ffff008000000080");
  assertEquals(hex([strange], "big"), "ffff800080000000");
});

test("encode() counts jumps to labels in slots, past 64-bit immediate loads", () => {
  // llvm-mc: l0: r0 = 1 ll; if r1 == 0 goto out; goto l0; out: exit
  const program = [label("l0", ldImm64(r0, 1)), jeq(r1, 0, "out"), ja("l0"), label("out", exit())];
  assertEquals(
    hex(program),
    "18000000010000000000000000000000" + "1501010000000000" + "0500fcff00000000" + "9500000000000000",
  );
});

test("encode() counts calls and addresses of functions in slots", () => {
  // The kernel takes slot + imm + 1 as the target of both (check_subprogs, check_ld_imm).
  const program = [
    callFunction("sub"),
    ldFunction(r1, "sub"),
    exit(),
    label("sub", mov(r0, 0)),
    exit(),
  ];
  assertEquals(
    hex(program).slice(0, 48),
    "8510000003000000" + "18410000020000000000000000000000",
  );
});

test("encode() sets the pseudo source of a function reference", () => {
  const { reference } = callFunction("sub");
  const bare = { opcode: CLASS.JMP | JUMP.CALL, dst: 0, src: 0, offset: 0, imm: -1, immHigh: 0 };
  assert(reference !== undefined);
  assertEquals(hex([{ ...bare, reference }, label("sub", exit())]).slice(0, 16), "8510000000000000");
});

test("encode() makes a far ja a gotol and keeps a near one", () => {
  const near = [ja("out"), ...padding(32767), label("out", exit())];
  assertEquals(hex(near).slice(0, 16), "0500ff7f00000000");
  const far = [ja("out"), ...padding(32768), label("out", exit())];
  assertEquals(hex(far).slice(0, 16), "0600000000800000");
  assertEquals(hex([gotol("out"), label("out", exit())]).slice(0, 16), "0600000000000000");
});

test("encode() refuses a conditional jump that is too far", () => {
  const program = [mov(r0, 0), jeq(r0, 0, "out"), ...padding(32768), label("out", exit())];
  const error = assertThrows(() => encode(program), BytecodeError, '"out"');
  assertEquals(error.offset, 8);
});

test("encode() names everything that has no value", () => {
  const program = [
    ja("nowhere"),
    callFunction("missing"),
    ldMap(r1, "counts"),
    ldMapValue(r1, "counts", 4),
    ldKsym(r1, "bpf_prog_active"),
  ];
  const error = assertThrows(() => encode(program), BytecodeError);
  for (const name of ['label "nowhere"', 'function "missing"', 'map "counts"', '"bpf_prog_active"']) {
    assert(error.message.includes(name), `${error.message} lacks ${name}`);
  }
  assertEquals(error.message.split('"counts"').length, 2);
  assertEquals(error.offset, 0);
});

test("encode() refuses a symbol that is there twice", () => {
  const program = [ja("a"), label("a", exit()), label("a", exit())];
  assertThrows(() => encode(program), BytecodeError, '"a"');
});

test("encode() refuses references on instructions that cannot hold them", () => {
  const place = label("a", exit());
  const at = { kind: "label", name: "a" } as const;
  assertThrows(() => encode([{ ...add(r0, 1), reference: at }, place]), BytecodeError, "not a jump");
  assertThrows(() => encode([{ ...exit(), reference: at }, place]), BytecodeError, "not a jump");
  assertThrows(
    () => encode([{ ...add(r0, 1), reference: { kind: "function", name: "a" } }, place]),
    BytecodeError,
    "neither a call",
  );
});

test("encode() refuses fields that lose bits", () => {
  const plain = exit();
  for (
    const field of [
      { opcode: 256 },
      { opcode: -1 },
      { dst: 16 },
      { src: -1 },
      { dst: 0.5 },
      { offset: 32768 },
      { imm: 2 ** 31 },
      { imm: NaN },
      { immHigh: 1 },
      { opcode: 0x18, immHigh: 2 ** 31 },
    ]
  ) {
    const error = assertThrows(() => encode([exit(), { ...plain, ...field }]), BytecodeError);
    assertEquals(error.offset, 8);
  }
});

test("encode() of nothing is nothing", () => {
  assertEquals(encode([]), new Uint8Array());
  assertEquals(slotsByIndex([]), Uint32Array.of(0));
});
