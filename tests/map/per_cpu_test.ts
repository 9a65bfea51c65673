/** Maps with a value for each CPU, by programs on each of them. */
import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { arrayOf, cstr, struct, u16, u32, u64 } from "../../src/codec/mod.ts";
import { NotSupportedError } from "../../src/errors.ts";
import { kernelVersionCode, possibleCpus } from "../../src/kernel/mod.ts";
import {
  createMap,
  lruPerCpuHash,
  perCpuArray,
  type PerCpuArrayMap,
  perCpuHash,
  type PerCpuHashMap,
} from "../../src/map/mod.ts";
import { loadProgram, type Program, type ProgramType } from "../../src/program/mod.ts";
import { progTestRun } from "../../src/sys/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";
import { COUNT } from "./_number_contract.ts";

const BPF = { needs: ["bpf"] } as const;
const BPFTOOL = { needs: ["bpf", "bpftool"] } as const;
/** The key that {@linkcode COUNT} counts under. */
const KEY = 3;
/** `BPF_F_TEST_RUN_ON_CPU` of `include/uapi/linux/bpf.h`. */
const ON_CPU = 1;
const LINUX_7_0 = 0x07_00_00;

type PerCpuMap<V> = PerCpuHashMap<number, V> | PerCpuArrayMap<V>;

function counter(map: PerCpuMap<unknown>, type: ProgramType): Program {
  return loadProgram({ name: "count", type, instructions: COUNT, maps: { map } });
}

/** The numbers of the CPUs that are online. */
function onlineCpus(): number[] {
  const ranges = readFileSync("/sys/devices/system/cpu/online", "utf8").trim().split(",");
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** How often each CPU is to run the program: differently, so that none is taken for another. */
function times(cpu: number): number {
  return 10 * cpu + 3;
}

/** What the values of all possible CPUs are then. */
function expected(): bigint[] {
  const online = onlineCpus();
  return Array.from({ length: possibleCpus() }, (_, cpu) => online.includes(cpu) ? BigInt(times(cpu)) : 0n);
}

function total(numbers: readonly bigint[]): bigint {
  return numbers.reduce((sum, one) => sum + one, 0n);
}

/** The values of a key as bpftool dumps them, as numbers. */
function dumped(map: PerCpuMap<unknown>): bigint[] {
  const facts = bpftool("map", "lookup", "id", map.info.id, "key", KEY, 0, 0, 0) as Facts;
  const values = facts.values as { cpu: number; value: string[] }[];
  return values.map(({ value }) => value.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n));
}

for (
  const [name, kind] of [
    ["perCpuHash", perCpuHash(u32, u64)],
    ["lruPerCpuHash", lruPerCpuHash(u32, u64)],
    ["perCpuArray", perCpuArray(u64)],
  ] as const
) {
  const create = () => createMap<PerCpuMap<bigint>>(kind, { name: "counts", maxEntries: 8 });

  test(`${name}() has what a program counts on each CPU, and its sum`, BPFTOOL, () => {
    using map = create();
    using program = counter(map, "raw_tracepoint");
    for (const cpu of onlineCpus()) {
      for (let i = 0; i < times(cpu); i++) {
        progTestRun("program", { prog_fd: program.descriptor.fd, flags: ON_CPU, cpu });
      }
    }
    assertEquals(map.get(KEY), expected());
    assertEquals(dumped(map), expected());
    assertEquals(map.sum(KEY), total(expected()));
    assertEquals(expected().map((_, cpu) => map.getCpu(KEY, cpu)), expected());
  });

  test(`${name}() has what programs of other processes count on each CPU`, BPFTOOL, () => {
    using map = create();
    using program = counter(map, "xdp");
    withFile(new Uint8Array(64), (packet) => {
      for (const cpu of onlineCpus()) {
        const args = ["prog", "run", "id", program.info.id, "data_in", packet, "repeat", times(cpu)];
        run("taskset", ["-c", String(cpu), "bpftool", ...args.map(String)]);
      }
    });
    assertEquals([map.get(KEY), map.sum(KEY)], [expected(), total(expected())]);
  });

  test(`${name}() sets the values of all CPUs, and of one where the kernel can`, BPFTOOL, () => {
    using map = create();
    const cpus = Array.from({ length: possibleCpus() }, (_, cpu) => cpu);
    const distinct = cpus.map((cpu) => BigInt(cpu) + 2n ** 63n);
    assertEquals([map.set(KEY, distinct), dumped(map)], [map, distinct]);
    assertEquals(map.sum(KEY), total(distinct)); // which is larger than a value may be
    assertEquals([map.fill(KEY, 7n), dumped(map)], [map, cpus.map(() => 7n)]);
    if (kernelVersionCode() < LINUX_7_0) {
      assertThrows(
        () => map.setCpu(KEY, 0, 1n),
        NotSupportedError,
        'Cannot set the value of CPU 0 in map "counts": this kernel sets those of all CPUs at once',
      );
      assertEquals(map.get(KEY), cpus.map(() => 7n));
    } else {
      map.setCpu(KEY, 0, 1n);
      assertEquals(dumped(map), cpus.map((cpu) => cpu === 0 ? 1n : 7n));
    }
  });

  test(`${name}() knows which CPUs there are`, BPF, () => {
    using map = create();
    map.fill(KEY, 1n);
    for (const cpu of [-1, possibleCpus(), 0.5, NaN]) {
      const message =
        `Cannot use CPU ${cpu} of map "counts": the machine has ${possibleCpus()} possible CPUs`;
      assertThrows(() => map.getCpu(KEY, cpu), RangeError, message);
      assertThrows(() => map.setCpu(KEY, cpu, 1n), RangeError, message);
    }
    assertThrows(() => map.fill(KEY, -1n), RangeError);
    assertEquals(map.sum(KEY), BigInt(possibleCpus()));
  });
}

test("per-CPU hash maps have no value of a key that is not there", BPF, () => {
  for (const kind of [perCpuHash(u32, u64), lruPerCpuHash(u32, u64)]) {
    using map = createMap(kind, { maxEntries: 8 });
    assertEquals([map.get(1), map.sum(1), map.getCpu(1, 0)], [undefined, undefined, undefined]);
  }
  using elements = createMap(perCpuArray(u64), { name: "elements", maxEntries: 8 });
  assertEquals(elements.sum(1), 0n);
  for (const use of [() => elements.sum(8), () => elements.getCpu(8, 0), () => elements.fill(8, 1n)]) {
    assertThrows(use, RangeError, 'element 8 of map "elements": it has 8 elements');
  }
});

test("sum() adds up structs field by field, and says no to text", BPF, () => {
  const Flow = struct({ packets: u16, bytes: u64, ports: arrayOf(u32, 2), last: struct({ size: u32 }) });
  using flows = createMap(perCpuArray(Flow), { maxEntries: 1 });
  const value = (seed: number) => {
    return { packets: seed, bytes: BigInt(seed), ports: [seed, 2 * seed], last: { size: 3 * seed } };
  };
  flows.set(0, Array.from({ length: possibleCpus() }, (_, cpu) => value(100 + cpu)));
  const sum = Array.from({ length: possibleCpus() }, (_, cpu) => 100 + cpu).reduce((a, b) => a + b);
  assertEquals(flows.sum(0), value(sum));
  assertEquals(flows.getCpu(0, 0), value(100));

  using names = createMap(perCpuArray(cstr(3)), { maxEntries: 1 });
  assertThrows(() => names.sum(0), TypeError, "Cannot sum up values: a string has no sum");
});
