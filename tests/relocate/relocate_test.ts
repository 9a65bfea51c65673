import { readFileSync } from "node:fs";
import { test } from "../_harness.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { slotsByIndex } from "../../src/asm/mod.ts";
import { type Btf, parseBtf } from "../../src/btf/mod.ts";
import { BtfError, BytecodeError } from "../../src/errors.ts";
import { relocate } from "../../src/relocate/mod.ts";
import { comparableBytes, libbpfFacts } from "../elf/_libbpf.ts";
import { readBytes } from "../elf/_compile.ts";
import { answerOf, ask, btfBytes, pathOf, readCore, readTarget, relocateProgram } from "./_objects.ts";

const CORE = pathOf("core.bpf.o");

/** Compares what relocate() and libbpf make of the programs of core.bpf.o. */
function assertAsLibbpf(types: string, kernel: Btf): void {
  const spec = readCore();
  const theirs = libbpfFacts({ object: CORE, types }).instructions;
  assertEquals(theirs.map(({ name }) => name), spec.programs.map(({ name }) => name));
  for (const { name, bytes } of theirs) {
    const { instructions } = relocateProgram(spec, spec.programs.find((program) => program.name === name), [
      kernel,
    ]);
    assertEquals([name, comparableBytes(instructions)], [name, comparableBytes(bytes)]);
  }
}

test(
  "relocate() does what libbpf does for the running kernel",
  { needs: ["cc", "libbpf", "bpf", "btf"] },
  () => {
    assertAsLibbpf("running", parseBtf(readFileSync("/sys/kernel/btf/vmlinux")));
  },
);

test(
  "relocate() does what libbpf does for types of another layout",
  { needs: ["cc", "libbpf", "bpf"] },
  () => {
    assertAsLibbpf(pathOf("target.bpf.o"), readTarget());
  },
);

test("relocate() leaves no record, and as many slots as before", () => {
  const spec = readCore();
  const target = readTarget();
  for (const program of spec.programs) {
    const { instructions } = relocateProgram(spec, program, [target]);
    assert(instructions.every(({ relocation }) => relocation === undefined));
    assertEquals(slotsByIndex(instructions).at(-1), slotsByIndex(program.instructions).at(-1));
  }
});

// Numbers: 195896080 is 0xbad2310, libbpf's helper for bad relocations.
test("relocate() poisons what the kernel lacks, and says what that is", () => {
  const spec = readCore();
  const program = spec.programs.find(({ name }) => name === "poisoned");
  const target = readTarget();
  const { instructions, poisoned } = relocateProgram(spec, program, [target]);
  const tried = (name: string) => `(candidates tried: type ${target.idsOfEssentialName(name).join(", ")})`;
  const slots = slotsByIndex(instructions);
  for (const { slot } of poisoned) {
    const { opcode, imm } = instructions[slots.indexOf(slot)] ?? {};
    assertEquals([opcode, imm], [0x85, 195896080]);
  }
  assertEquals(poisoned.map(({ reason }) => reason), [
    `the kernel's struct "task_struct" has no compatible "task_struct.gone_for_good" ${tried("task_struct")}`,
    `the kernel's struct "task_struct" has no compatible "task_struct.gone_for_good" ${tried("task_struct")}`,
    `the kernel has no struct "nowhere"`,
    `the kernel's enum "pid_type" has no compatible "pid_type.PIDTYPE_NOT" ${tried("pid_type")}`,
  ]);
  const sizes = spec.programs.find(({ name }) => name === "sizes");
  assertEquals(
    relocateProgram(spec, sizes, [readTarget()]).poisoned[0]?.reason,
    '"task_struct.pid" is 4 bytes in the object and 1 in the kernel, and not an unsigned integer or pointer in both',
  );
});

test("relocate() keeps both slots of a load that it poisons", { needs: ["clang", "libbpf"] }, () => {
  const { instructions } = ask(
    "enum e { A, B };",
    "bpf_core_enum_value(enum e, B)",
    "enum e { A }; enum e e;",
  );
  assertEquals(instructions.slice(0, 2).map(({ opcode, imm }) => [opcode, imm]), [
    [0x85, 195896080],
    [0x85, 195896080],
  ]);
  assertEquals(instructions[0]?.symbol, "run");
  assertEquals(instructions[1]?.symbol, undefined);
});

const FIELD = "bpf_core_field_offset(struct s, x)";
const LOCAL = "struct s { int x; };";

test("relocate() takes candidates that agree", { needs: ["clang", "libbpf"] }, () => {
  const target =
    `struct s { long a; int x; } s; struct s___2 { long b; int x; } t; struct s___3 { int y; } u;`;
  assertEquals(answerOf(ask(LOCAL, FIELD, target)), 8);
});

test("relocate() refuses candidates that do not agree", { needs: ["clang", "libbpf"] }, () => {
  const target = `struct s { long a; int x; } s; struct s___2 { int x; } t;`;
  const error = assertThrows(() => ask(LOCAL, FIELD, target), BtfError);
  assertStringIncludes(error.message, 'Cannot relocate "s.x"');
  assertStringIncludes(error.message, "give different answers, 8 and 0");
});

test("relocate() looks into modules only for what the kernel has not", { needs: ["clang", "libbpf"] }, () => {
  const [kernel, module, other] = [
    "struct s { long a; int y; } s;",
    "struct s { long a; long b; int x; } s;",
    "struct t { int z; } t;",
  ];
  assertEquals(ask(LOCAL, FIELD, kernel, module).poisoned.length, 1);
  assertEquals(answerOf(ask(LOCAL, FIELD, other, module)), 16);
  assertEquals(ask(LOCAL, FIELD).poisoned.length, 1);
});

// libbpf 1.1 takes them for negative numbers and gives up; clang and the kernel's own BTF do not.
test("relocate() takes enumerators above 2^31 as they are", { needs: ["clang", "libbpf"] }, () => {
  const local = "enum e { LARGE = 0xf0000001U };";
  const target = "enum e { LARGE = 0xf0000002U } e;";
  const load = ask(local, "bpf_core_enum_value(enum e, LARGE)", target).instructions.find(({ imm }) =>
    imm !== 0
  );
  assertEquals([(load?.imm ?? 0) >>> 0, load?.immHigh], [0xf0000002, 0]);
});

test("relocate() refuses offsets that do not fit a load", { needs: ["clang", "libbpf"] }, () => {
  const local = "struct s { int x; };";
  const target = "struct s { long a[4096]; int x; } s;";
  const error = assertThrows(() => ask(local, "((struct s *)ctx)->x", target), BytecodeError);
  assertStringIncludes(error.message, "offset 32768 does not fit its 16 bits");
});

test("relocate() refuses records that contradict the object", () => {
  const spec = readCore();
  const instruction = spec.programs.flatMap(({ instructions }) => instructions).find(({ relocation }) =>
    relocation
  );
  const { btf } = spec;
  assert(instruction?.relocation !== undefined && btf !== undefined);
  const target = readTarget();
  const { relocation } = instruction;
  for (const accessor of ["", ":", "0:", "x", "0:99", "0:-1", "0:0:0:0:0", "0:".repeat(80) + "0"]) {
    const changed = { ...instruction, relocation: { ...relocation, kind: 0, accessor } };
    assertThrows(() => relocate([changed], btf, [target]), BtfError, `accessor "${accessor}"`);
  }
  const kind = { ...instruction, relocation: { ...relocation, kind: 13 } };
  assertThrows(() => relocate([kind], btf, [target]), BtfError, "kind 13");
  const value = { ...instruction, imm: instruction.imm + 1 };
  assertThrows(() => relocate([value], btf, [target]), BytecodeError, "where the types of the object say");
  const missing = { ...instruction, relocation: { ...relocation, typeId: 1 << 30 } };
  assertThrows(() => relocate([missing], btf, [target]), BtfError);
});

test("relocate() gives a BtfError, a BytecodeError or a program for kernel types changed at random", () => {
  const spec = readCore();
  const original = btfBytes(readBytes(pathOf("target.bpf.o")));
  // xorshift32: the same changes in every run.
  let state = 0x2545f491;
  const random = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  let refused = 0;
  for (let round = 0; round < 1000; round++) {
    const bytes = new Uint8Array(original);
    for (let change = random(6); change >= 0; change--) bytes[24 + random(bytes.length - 24)] = random(256);
    try {
      const target = parseBtf(bytes);
      for (const program of spec.programs) relocateProgram(spec, program, [target]);
    } catch (error) {
      if (!(error instanceof BtfError || error instanceof BytecodeError)) throw error;
      refused++;
    }
  }
  assert(refused > 100 && refused < 1000, `${refused} refused`);
});
