import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { u32, u64 } from "../../src/codec/mod.ts";
import { array, createMap, hash, openMap } from "../../src/map/mod.ts";
import { test } from "../_harness.ts";

const CYCLES = 10_000;
const MB = 1 << 20;

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** The memory of the process, in bytes. */
function residentMemory(): number {
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

test(
  `${CYCLES} maps that are created, used and closed leave nothing behind`,
  { needs: ["bpf"] },
  async () => {
    const cycle = (i: number) => {
      using map = createMap(hash(u32, u64), { name: "cycle", maxEntries: 16 });
      map.set(i, 1n);
      using same = openMap({ fd: map.descriptor.fd }, hash(u32, u64));
      if (same.get(i) !== 1n) throw new Error("lost");
      using flat = createMap(array(u64), { maxEntries: 1, flags: ["mmapable"] });
      using memory = flat.memory();
      memory.set(0, 1n);
    };
    const pause = () => new Promise((resolve) => setTimeout(resolve));
    for (let i = 0; i < CYCLES / 5; i++) cycle(i); // the memory that the runtime keeps for later
    await pause();
    const before = { descriptors: descriptors(), memory: residentMemory() };
    for (let i = 0; i < CYCLES; i++) {
      cycle(i);
      if (i % 1000 === 0) await pause();
    }
    assertEquals(descriptors(), before.descriptors);
    const grown = residentMemory() - before.memory;
    assertEquals(grown < 32 * MB, true, `${(grown / MB).toFixed(1)} MB`);
  },
);
