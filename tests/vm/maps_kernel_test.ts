import { assertEquals } from "@std/assert";
import process from "node:process";
import * as asm from "../../src/asm/mod.ts";
import type { HelperName, Instruction } from "../../src/asm/mod.ts";
import { bytes, u32, u64 } from "../../src/codec/mod.ts";
import { array, bloomFilter, type BpfMap, createMap, hash, lpmTrie, lruHash } from "../../src/map/mod.ts";
import { perCpuArray, perCpuHash, queue, stack } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { BPF_MAP_TYPE } from "../../src/uapi/mod.ts";
import { Vm, type VmMapSpec } from "../../src/vm/mod.ts";
import { test } from "../_harness.ts";
import { Chance } from "./_random.ts";

/** By hand `WAGGLE_PROGRAMS=1000 WAGGLE_SEED=…`. */
const PROGRAMS = Number(process.env["WAGGLE_PROGRAMS"] ?? 20);
const SEED = Number(process.env["WAGGLE_SEED"] ?? Date.now() % 1_000_000_000);

const { r0, r1, r10, r2, r3, r4, r9, mov, add, st, stx, ldx, call, ldMap, jeq, label, exit } = asm;
const OPERATIONS = 40;
const OUT_SIZE = 16 * (OPERATIONS + 1);
const KEY = -32;
const VALUE = -64;

/** A map of each kind, with few enough elements to be full at times. */
const SPECS = {
  hash: { type: BPF_MAP_TYPE.HASH, keySize: 4, valueSize: 8, maxEntries: 4 },
  wide: { type: BPF_MAP_TYPE.HASH, keySize: 12, valueSize: 8, maxEntries: 4, flags: 1 },
  lru: { type: BPF_MAP_TYPE.LRU_HASH, keySize: 4, valueSize: 8, maxEntries: 512 },
  each: { type: BPF_MAP_TYPE.PERCPU_HASH, keySize: 4, valueSize: 8, maxEntries: 4 },
  array: { type: BPF_MAP_TYPE.ARRAY, keySize: 4, valueSize: 8, maxEntries: 4 },
  slots: { type: BPF_MAP_TYPE.PERCPU_ARRAY, keySize: 4, valueSize: 8, maxEntries: 4 },
  trie: { type: BPF_MAP_TYPE.LPM_TRIE, keySize: 8, valueSize: 8, maxEntries: 5, flags: 1 },
  queue: { type: BPF_MAP_TYPE.QUEUE, valueSize: 8, maxEntries: 3 },
  stack: { type: BPF_MAP_TYPE.STACK, valueSize: 8, maxEntries: 3 },
  bloom: { type: BPF_MAP_TYPE.BLOOM_FILTER, valueSize: 8, maxEntries: 200 },
  out: { type: BPF_MAP_TYPE.ARRAY, keySize: 4, valueSize: OUT_SIZE, maxEntries: 1 },
} as const satisfies Record<string, VmMapSpec>;
type Name = Exclude<keyof typeof SPECS, "out">;
const NAMES = Object.keys(SPECS).filter((name) => name !== "out") as Name[];

function inKernel(scope: DisposableStack) {
  const named = <N extends keyof typeof SPECS>(name: N) => ({ name, maxEntries: SPECS[name].maxEntries });
  const out = scope.use(createMap(array(bytes(OUT_SIZE)), named("out")));
  const maps: Record<Name, BpfMap> = {
    hash: createMap(hash(u32, u64), named("hash")),
    wide: createMap(hash(bytes(12), u64), { ...named("wide"), flags: ["no_prealloc"] }),
    lru: createMap(lruHash(u32, u64), named("lru")),
    each: createMap(perCpuHash(u32, u64), named("each")),
    array: createMap(array(u64), named("array")),
    slots: createMap(perCpuArray(u64), named("slots")),
    trie: createMap(lpmTrie(bytes(8), u64), { ...named("trie"), flags: ["no_prealloc"] }),
    queue: createMap(queue(u64), named("queue")),
    stack: createMap(stack(u64), named("stack")),
    bloom: createMap(bloomFilter(u64), named("bloom")),
  };
  for (const map of Object.values(maps)) scope.use(map);
  return { maps: { ...maps, out }, out };
}

/** What each operation gave goes into `out`: r0, or the value it points to, and what is where a value was asked for. */
function program(chance: Chance): Instruction[] {
  const instructions: Instruction[] = [
    st("u32", [r10, KEY], 0),
    mov(r2, r10),
    add(r2, KEY),
    ldMap(r1, "out"),
    call("bpf_map_lookup_elem"),
    jeq(r0, 0, "end"),
    mov(r9, r0),
  ];
  for (let at = 0; at < OPERATIONS; at++) instructions.push(...operation(chance, at));
  return [...instructions, label("end", mov(r0, 0)), exit()];
}

function operation(chance: Chance, at: number): Instruction[] {
  const name = chance.pick(NAMES);
  const keyless = name === "queue" || name === "stack" || name === "bloom";
  const helper: HelperName = name === "bloom"
    ? chance.pick(["bpf_map_push_elem", "bpf_map_peek_elem"])
    : keyless
    ? chance.pick(["bpf_map_push_elem", "bpf_map_push_elem", "bpf_map_pop_elem", "bpf_map_peek_elem"])
    : chance.pick([
      "bpf_map_lookup_elem",
      "bpf_map_update_elem",
      "bpf_map_update_elem",
      "bpf_map_delete_elem",
    ]);
  const flags = chance.pick(name === "bloom" ? [0, 0, 0, 1] : [0, 0, 0, 1, 2, 3]);
  const out = `o${at}`;
  return [
    ...(name === "trie" ? prefix(chance) : [
      st("u32", [r10, KEY], chance.below(6)),
      st("u32", [r10, KEY + 4], chance.below(2)),
      st("u32", [r10, KEY + 8], -1),
    ]),
    st("u64", [r10, VALUE], name === "bloom" ? chance.below(3) : 1 + chance.below(1000)),
    ldMap(r1, name),
    mov(r2, r10),
    add(r2, keyless ? VALUE : KEY),
    ...(keyless
      ? helper === "bpf_map_push_elem" ? [mov(r3, flags)] : []
      : helper === "bpf_map_update_elem"
      ? [mov(r3, r10), add(r3, VALUE), mov(r4, flags)]
      : []),
    call(helper),
    ...(helper === "bpf_map_lookup_elem" ? [jeq(r0, 0, out), ldx("u64", r0, [r0, 0])] : []),
    label(out, stx("u64", [r9, at * 16], r0)),
    ldx("u64", r1, [r10, VALUE]),
    stx("u64", [r9, at * 16 + 8], r1),
  ];
}

function prefix(chance: Chance): Instruction[] {
  return [
    st("u32", [r10, KEY], chance.pick([0, 1, 8, 9, 15, 16, 24, 31, 32, 33])),
    st("u8", [r10, KEY + 4], chance.pick([10, 10, 11])),
    st("u8", [r10, KEY + 5], chance.pick([0, 1, 0x80])),
    st("u16", [r10, KEY + 6], chance.pick([0, -1])),
  ];
}

test("maps do what those of the kernel do", { needs: ["bpf"] }, () => {
  for (let at = 0; at < PROGRAMS; at++) {
    using scope = new DisposableStack();
    const { maps, out } = inKernel(scope);
    const instructions = program(new Chance(SEED + at));
    const vm = new Vm({ type: "xdp", instructions, maps: SPECS });
    using loaded = loadProgram({ name: "operations", type: "xdp", instructions, maps });
    // Once only: on which CPU the kernel runs the next time is up to it, and some values are of one CPU.
    loaded.run({ data: new Uint8Array(64) });
    vm.run({ data: new Uint8Array(64) });
    const text = `program ${SEED + at}:\n${asm.disassemble(instructions)}`;
    assertEquals(resultsOf(vm.maps["out"]?.get(0)), resultsOf(out.get(0)), text);
  }
});

/** As 32 bits, which no value needs more than: helpers of Linux 6.1 leave the upper half of an error number zero. */
function resultsOf(bytes: Uint8Array = new Uint8Array(0)): bigint[] {
  return Array.from(new BigInt64Array(bytes.slice().buffer), (value) => BigInt.asIntN(32, value));
}
