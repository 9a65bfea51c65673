import { assertEquals } from "@std/assert";
import {
  addrSpaceCast,
  callFunction,
  callKfunc,
  decode,
  encode,
  formatInstruction,
  gotox,
  type Instruction,
  ja,
  jeq,
  ldFunction,
  ldKsym,
  ldMap,
  ldMapIndexValue,
  ldMapValue,
  r1,
  r2,
} from "../../src/asm/mod.ts";
import { test } from "../_harness.ts";
import { loadAll } from "./_kernel.ts";
import { ARITHMETIC, MEMORY } from "./_programs.ts";

const ACCEPTED = [...ARITHMETIC.lines, ...MEMORY.lines];

test("formatInstruction() reads like the verifier's log", () => {
  for (const [instruction, text] of ACCEPTED) assertEquals(formatInstruction(instruction), text);
});

test("the verifier's log reads like the table", { needs: ["bpf", "cc"] }, () => {
  const programs = [ARITHMETIC, MEMORY].map(({ lines }) => lines);
  const loaded = loadAll(programs.map((lines) => encode(lines.map(([instruction]) => instruction))));
  loaded.forEach(({ log }, i) => {
    const walked = new Map([...log.matchAll(/^(\d+): (\(..\) .*?)(?: +;.*)?$/gm)].map((
      [, slot, text],
    ) => [Number(slot), text]));
    const expected = programs[i]?.map(([, text]) => text) ?? [];
    assertEquals([...walked].sort(([a], [b]) => a - b).map(([, text]) => text), expected);
  });
});

test("formatInstruction() reads like bpftool where the verifier shows addresses", () => {
  // print_imm() of bpftool's xlated_dumper.c.
  assertEquals(formatInstruction(ldMap(r1, 30)), "(18) r1 = map[id:30]");
  assertEquals(formatInstruction(ldMapValue(r2, 32, 8)), "(18) r2 = map[id:32][0]+8");
  assertEquals(formatInstruction(ldMapIndexValue(r2, 1, 8)), "(18) r2 = map[idx:1]+8");
  const [subprog] = decode(encode([ldFunction(r2, "f"), { ...ja(0), symbol: "f" }]));
  assertEquals(subprog && formatInstruction(subprog), "(18) r2 = subprog[+1]");
});

test("formatInstruction() knows what LLVM 19 and socket filters do not", () => {
  // print_bpf_insn() and __func_get_name() of kernel/bpf/disasm.c.
  assertEquals(
    formatInstruction(addrSpaceCast(r1, r2, { to: 1, from: 0 })),
    "(bf) r1 = addr_space_cast(r2, 1, 0)",
  );
  assertEquals(formatInstruction(gotox(r2)), "(0d) gotox r2");
  assertEquals(formatInstruction(callKfunc(1234)), "(85) call kernel-function#1234");
  assertEquals(formatInstruction(callFunction(-3)), "(85) call pc-3");
  assertEquals(formatInstruction(raw({ opcode: 0x85, imm: 9999 })), "(85) call unknown#9999");
  assertEquals(formatInstruction(raw({ opcode: 0xc2 })), "(c2) nospec");
  assertEquals(
    formatInstruction(raw({ opcode: 0xbf, dst: 1, src: 2, offset: -1 })),
    "(bf) r1 = &(void __percpu *)(r2)",
  );
});

test("formatInstruction() prints references by name", () => {
  assertEquals(formatInstruction(ja("out")), "(05) goto out");
  assertEquals(formatInstruction(jeq(r1, 0, "out")), "(15) if r1 == 0x0 goto out");
  assertEquals(formatInstruction(callFunction("sub")), "(85) call sub");
  assertEquals(formatInstruction(callKfunc("bpf_rcu_read_lock")), "(85) call bpf_rcu_read_lock");
  assertEquals(formatInstruction(ldMap(r1, "counts")), "(18) r1 = map[counts]");
  assertEquals(formatInstruction(ldMapValue(r1, ".bss", 8)), "(18) r1 = map[.bss][0]+8");
  assertEquals(formatInstruction(ldFunction(r1, "step")), "(18) r1 = subprog[step]");
  assertEquals(formatInstruction(ldKsym(r1, "bpf_prog_active")), "(18) r1 = ksym[bpf_prog_active]");
});

test("formatInstruction() has a text for every opcode", () => {
  for (let opcode = 0; opcode < 256; opcode++) {
    const text = formatInstruction(raw({ opcode, src: 3, imm: 0x7777 }));
    assertEquals(/undefined|null|NaN/.test(text), false, text);
  }
  assertEquals(formatInstruction(raw({ opcode: 0x06, src: 3, imm: -1 })), "(06) gotol pc-1");
  assertEquals(formatInstruction(raw({ opcode: 0xe7 })), "(e7) BUG_alu64_e7");
});

/** An instruction from the fields that are not 0. */
function raw(fields: Partial<Instruction>): Instruction {
  return { opcode: 0, dst: 0, src: 0, offset: 0, imm: 0, immHigh: 0, ...fields };
}
