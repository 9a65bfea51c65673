/** Whatever bytes a program is of, it runs to an end or to an error that says where. */
import { assertEquals } from "@std/assert";
import process from "node:process";
import { decode, type Instruction } from "../../src/asm/mod.ts";
import { BytecodeError, NotFoundError, VmError } from "../../src/errors.ts";
import { Vm, type VmProgramType } from "../../src/vm/mod.ts";
import { test } from "../_harness.ts";
import { generate } from "./_generator.ts";
import { Chance } from "./_random.ts";

const PROGRAMS = Number(process.env["WAGGLE_PROGRAMS"] ?? 500);
const SEED = Number(process.env["WAGGLE_SEED"] ?? Date.now() % 1_000_000_000);
const TYPES: readonly VmProgramType[] = ["xdp", "sched_cls", "socket_filter", "kprobe", "tracing"];
const MAPS = {
  values: { type: 2, keySize: 4, valueSize: 64, maxEntries: 4 },
  out: { type: 2, keySize: 4, valueSize: 80, maxEntries: 1 },
};

/** How the run of a program ended. */
function outcome(instructions: readonly Instruction[], type: VmProgramType, chance: Chance): string {
  try {
    const vm = new Vm({ type, instructions, maps: MAPS, maxInstructions: 20_000 });
    vm.run(
      type === "kprobe" || type === "tracing" ? { context: chance.bytes(64) } : { data: chance.bytes(64) },
    );
    return "end";
  } catch (error) {
    if (error instanceof VmError || error instanceof BytecodeError || error instanceof NotFoundError) {
      return error.name;
    }
    throw new Error(`WAGGLE_SEED=${SEED} gives a program with another error`, { cause: error });
  }
}

test("random bytes are no danger", () => {
  const chance = new Chance(SEED);
  const outcomes: Record<string, number> = {};
  for (let at = 0; at < PROGRAMS; at++) {
    const bytes = chance.bytes(8 * (1 + chance.below(40)));
    // Opcodes that mean something more often than chance would have it
    for (let slot = 0; slot < bytes.length; slot += 8) {
      if (chance.below(4) > 0) {
        bytes[slot] = chance.pick([0xb7, 0xbf, 0x07, 0x0f, 0x79, 0x7b, 0x85, 0x95, 0x05, 0x61, 0xdb, 0x2d]);
      }
      if (chance.below(3) > 0) bytes[slot + 1]! %= 0x0b;
      if (chance.below(3) > 0) bytes.set([chance.below(8), 0], slot + 2);
      if (chance.below(2) > 0) bytes.set([chance.below(200), 0, 0, 0], slot + 4);
    }
    let instructions: Instruction[];
    try {
      instructions = decode(bytes);
    } catch (error) {
      if (!(error instanceof BytecodeError)) throw error;
      continue;
    }
    const ended = outcome(instructions, chance.pick(TYPES), chance);
    outcomes[ended] = (outcomes[ended] ?? 0) + 1;
  }
  assertEquals((outcomes["VmError"] ?? 0) > PROGRAMS / 4, true, JSON.stringify(outcomes));
});

test("programs that are nearly right are no danger", () => {
  const chance = new Chance(SEED + 1);
  const outcomes: Record<string, number> = {};
  for (let at = 0; at < PROGRAMS; at++) {
    const type = chance.pick(["xdp", "sched_cls", "socket_filter"] as const);
    const instructions = generate(SEED + at, type);
    for (let changes = chance.below(3); changes >= 0; changes--) {
      const index = chance.below(instructions.length);
      const instruction = instructions[index] as Instruction;
      instructions[index] = chance.pick<() => Instruction>([
        () => ({ ...instruction, opcode: chance.below(256) }),
        () => ({ ...instruction, dst: chance.below(16) }),
        () => ({ ...instruction, src: chance.below(16) }),
        () => ({ ...instruction, offset: chance.u32() >> 16 }),
        () => ({ ...instruction, imm: chance.u32() | 0 }),
        () => ({ ...instruction, imm: chance.below(220) }),
      ])();
    }
    const ended = outcome(instructions, type, chance);
    outcomes[ended] = (outcomes[ended] ?? 0) + 1;
  }
  assertEquals((outcomes["VmError"] ?? 0) > PROGRAMS / 20, true, JSON.stringify(outcomes));
  assertEquals((outcomes["end"] ?? 0) > PROGRAMS / 20, true, JSON.stringify(outcomes));
});
