import { assertEquals } from "@std/assert";
import process from "node:process";
import { disassemble } from "../../src/asm/mod.ts";
import { bytes } from "../../src/codec/mod.ts";
import { VerifierError } from "../../src/errors.ts";
import { kernelVersionCode } from "../../src/kernel/mod.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { BPF_MAP_TYPE } from "../../src/uapi/mod.ts";
import { Vm } from "../../src/vm/mod.ts";
import { test } from "../_harness.ts";
import {
  generate,
  type GeneratedType,
  type Level,
  OUT_SIZE,
  PACKET_SIZE,
  VALUE_COUNT,
  VALUE_SIZE,
} from "./_generator.ts";
import { Chance } from "./_random.ts";

/** By hand `WAGGLE_PROGRAMS=5000 WAGGLE_SEED=…`. */
const PROGRAMS = Number(process.env["WAGGLE_PROGRAMS"] ?? 90);
const SEED = Number(process.env["WAGGLE_SEED"] ?? Date.now() % 1_000_000_000);
const TYPES: readonly GeneratedType[] = ["xdp", "sched_cls", "socket_filter"];
const INPUTS = 3;

/** What the kernel at hand has. */
function level(): Level {
  const version = kernelVersionCode();
  return { version4: version >= (6 << 16 | 6 << 8), ordered: version >= (6 << 16 | 15 << 8) };
}

const VALUES = { type: BPF_MAP_TYPE.ARRAY, keySize: 4, valueSize: VALUE_SIZE, maxEntries: VALUE_COUNT };
const OUT = { type: BPF_MAP_TYPE.ARRAY, keySize: 4, valueSize: OUT_SIZE, maxEntries: 1 };

test("run() does what the kernel does", { needs: ["bpf"] }, () => {
  using values = createMap(array(bytes(VALUE_SIZE)), { name: "values", maxEntries: VALUE_COUNT });
  using out = createMap(array(bytes(OUT_SIZE)), { name: "out", maxEntries: 1 });
  let refused = 0;
  for (let at = 0; at < PROGRAMS; at++) {
    const type = TYPES[at % TYPES.length] as GeneratedType;
    const instructions = generate(SEED + at, type, level());
    let loaded;
    try {
      loaded = loadProgram({ name: "generated", type, instructions, maps: { values, out } });
    } catch (error) {
      if (!(error instanceof VerifierError)) throw error;
      refused++;
      continue;
    }
    using program = loaded;
    const vm = new Vm({ type, instructions, maps: { values: VALUES, out: OUT } });
    const chance = new Chance(SEED + at);
    for (let input = 0; input < INPUTS; input++) {
      const data = chance.bytes(input === 0 ? PACKET_SIZE : 14 + chance.below(PACKET_SIZE * 2));
      for (let index = 0; index < VALUE_COUNT; index++) {
        const value = chance.bytes(VALUE_SIZE);
        values.set(index, value);
        vm.maps["values"]?.set(index, value);
      }
      out.set(0, new Uint8Array(OUT_SIZE));
      vm.maps["out"]?.set(0, new Uint8Array(OUT_SIZE));
      const kernel = program.run({ data });
      const ours = vm.run({ data });
      const read = (get: (index: number) => Uint8Array | undefined) =>
        Array.from({ length: VALUE_COUNT }, (_, index) => get(index)?.toHex());
      assertEquals(
        {
          returnValue: ours.returnValue,
          data: ours.data.toHex(),
          registers: vm.maps["out"]?.get(0)?.toHex(),
          values: read((index) => vm.maps["values"]?.get(index)),
        },
        {
          returnValue: kernel.returnValue,
          data: kernel.data.toHex(),
          registers: out.get(0)?.toHex(),
          values: read((index) => values.get(index)),
        },
        `program ${SEED + at} of type ${type}, input ${input}:\n${disassemble(instructions)}`,
      );
    }
  }
  // The generator makes what the verifier takes, all but a few.
  assertEquals(refused <= PROGRAMS / 10, true, `the verifier refused ${refused} of ${PROGRAMS} programs`);
});
