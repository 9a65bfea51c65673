import { assertEquals, assertRejects } from "@std/assert";
import { u32, u64 } from "../../src/codec/mod.ts";
import { array, createMap, hash } from "../../src/map/mod.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;

test("watch() gives a snapshot at once, then one each time", BPF, async () => {
  using map = createMap(hash(u32, u64), { maxEntries: 10 });
  const start = performance.now();
  const times: number[] = [];
  const snapshots: Map<number, bigint>[] = [];
  for await (const snapshot of map.watch({ every: 200 })) {
    times.push(performance.now() - start);
    snapshots.push(snapshot);
    map.set(snapshots.length, 1n);
    if (snapshots.length === 3) break;
  }
  assertEquals(snapshots.map((snapshot) => [...snapshot.keys()].sort()), [[], [1], [1, 2]]);
  const [first = NaN, second = NaN, third = NaN] = times;
  // Timers may be a little early
  assertEquals([first < 200, second >= 198, third >= 398], [true, true, true], `${times}`);
});

test("watch() leaves out the times that pass in the body of the loop", BPF, async () => {
  using map = createMap(array(u64), { maxEntries: 1 });
  const start = performance.now();
  let count = 0;
  for await (const _ of map.watch({ every: 20 })) {
    if (++count === 3) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const elapsed = performance.now() - start; // 0, then 60, then 120
  assertEquals(elapsed >= 110, true, `${elapsed}`);
});

test("watch() ends when the signal aborts, also while it waits", BPF, async () => {
  using map = createMap(array(u64), { maxEntries: 1 });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const start = performance.now();
  let count = 0;
  for await (const _ of map.watch({ every: 60_000, signal: controller.signal })) count++;
  assertEquals([count, performance.now() - start < 60_000], [1, true]);
  for await (const _ of map.watch({ every: 1, signal: controller.signal })) count++;
  assertEquals(count, 1);
});

test("watch() ends when the map is closed", BPF, async () => {
  const map = createMap(array(u64), { maxEntries: 1 });
  let count = 0;
  for await (const _ of map.watch({ every: 1 })) if (++count === 2) map.close();
  assertEquals(count, 2);
});

test("watch() refuses times that are none", BPF, async () => {
  using map = createMap(array(u64), { name: "seen", maxEntries: 1 });
  for (const every of [0, -1, NaN, Infinity]) {
    await assertRejects(
      async () => {
        for await (const _ of map.watch({ every }));
      },
      RangeError,
      `Cannot watch map "seen" every ${every} ms`,
    );
  }
});
