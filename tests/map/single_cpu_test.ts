/** The values of single CPUs by the flags that came with Linux 7.0, and what older kernels do instead. */
import { assertEquals, assertThrows } from "@std/assert";
import { native, useNative } from "../../ffi/mod.ts";
import { u32, u64 } from "../../src/codec/mod.ts";
import { NotSupportedError } from "../../src/errors.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import { createMap, perCpuArray, perCpuHash } from "../../src/map/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;

/** A value for each CPU made of its number. */
function perCpu<T>(make: (cpu: number) => T): T[] {
  return Array.from({ length: possibleCpus() }, (_, cpu) => make(cpu));
}

test("getCpu() and setCpu() refuse CPUs that are none", BPF, () => {
  using map = createMap(perCpuHash(u32, u64), { name: "single", maxEntries: 1 });
  for (const cpu of [-1, possibleCpus(), 0.5, NaN]) {
    assertThrows(() => map.getCpu(7, cpu), RangeError, `Cannot use CPU ${cpu} of map "single"`);
    assertThrows(() => map.setCpu(7, cpu, 1n), RangeError, `Cannot use CPU ${cpu} of map "single"`);
  }
});

test("fill() sets the value of each CPU", { needs: ["bpf", "bpftool"] }, () => {
  using map = createMap(perCpuArray(u32), { maxEntries: 2 });
  map.fill(1, 0x0102);
  const [, { values }] = bpftool("map", "dump", "id", map.info.id) as [unknown, { values: Facts[] }];
  assertEquals(values.map(({ value }) => value), perCpu(() => ["0x02", "0x01", "0x00", "0x00"]));
});

test("setCpu() says since when kernels can, and leaves the values alone where they cannot", BPF, () => {
  const real = native();
  using _ = useNative({
    ...real,
    // As kernels before 7.0: they know none of the flags above BPF_F_LOCK
    bpf: (command, attr, size) => flagsOf(command, attr) > 7n ? -22 : real.bpf(command, attr, size),
  });
  using map = createMap(perCpuHash(u32, u64), { name: "single", maxEntries: 1 });
  map.set(7, perCpu((cpu) => BigInt(cpu)));
  assertThrows(
    () => map.setCpu(7, 0, 9n),
    NotSupportedError,
    'Cannot set the value of CPU 0 in map "single": this kernel sets those of all CPUs at once: it came with Linux 7.0',
  );
  assertEquals(perCpu((cpu) => map.getCpu(7, cpu)), perCpu((cpu) => BigInt(cpu)));
});

/** The flags of an element command, at byte 24 of `union bpf_attr`; 0 for other commands. */
function flagsOf(command: number, attr: bigint): bigint {
  const isElement = command === BPF_CMD.MAP_LOOKUP_ELEM || command === BPF_CMD.MAP_UPDATE_ELEM;
  return isElement ? new BigUint64Array(native().bufferAt(attr, 32))[3] ?? 0n : 0n;
}

test("values of single CPUs go by the flags of Linux 7.0", BPF, () => {
  using map = createMap(perCpuHash(u32, u64), { maxEntries: 1 });
  const real = native();
  const seen: { readonly command: number; readonly flags: bigint; readonly value: bigint }[] = [];
  using _ = useNative({
    ...real,
    bpf(command, attr, size) {
      if (command !== BPF_CMD.MAP_LOOKUP_ELEM && command !== BPF_CMD.MAP_UPDATE_ELEM) {
        return real.bpf(command, attr, size);
      }
      const words = new BigUint64Array(real.bufferAt(attr, 32));
      const value = new BigUint64Array(real.bufferAt(words[2] ?? 0n, 8));
      seen.push({ command, flags: words[3] ?? 0n, value: value[0] ?? 0n });
      value[0] = 77n;
      return 0;
    },
  });
  using newer = map.clone();
  assertEquals(newer.getCpu(5, 1), 77n);
  newer.setCpu(5, 1, 42n).fill(5, 43n);
  const [BPF_F_CPU, BPF_F_ALL_CPUS] = [8n, 16n];
  assertEquals(seen.map(({ command, flags }) => [command, flags]), [
    [BPF_CMD.MAP_LOOKUP_ELEM, 1n << 32n | BPF_F_CPU],
    [BPF_CMD.MAP_UPDATE_ELEM, 1n << 32n | BPF_F_CPU],
    [BPF_CMD.MAP_UPDATE_ELEM, BPF_F_ALL_CPUS],
  ]);
  assertEquals(seen.slice(1).map(({ value }) => value), [42n, 43n]);
});
