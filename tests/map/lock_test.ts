/** Values that are read and written under the spin lock in them. */
import { assertEquals, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { findTool } from "../../scripts/_tools.ts";
import { struct, u32, u64 } from "../../src/codec/mod.ts";
import { NotSupportedError, SyscallError } from "../../src/errors.ts";
import { createMap, hash } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const Pair = struct({ lock: u32, generation: u32, low: u64, high: u64 }, { name: "pair" });

/** Runs a program by bpftool, which takes the packet from standard input, without waiting. Resolves with its status. */
function bpftoolRuns(id: number, packet: Uint8Array, repeat: number): Promise<number | null> {
  const args = ["prog", "run", "id", `${id}`, "data_in", "-", "repeat", `${repeat}`];
  const child = spawn(findTool("bpftool") ?? "bpftool", args, { stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(packet);
  return new Promise((resolve) => child.on("exit", resolve));
}

test(
  "values read under their lock are never half written",
  { needs: ["bpf", "btf", "bpftool"] },
  async () => {
    await using object = await load(fixture("typed"));
    const map = object.maps.get("locked", hash(u32, Pair));
    map.set(1, { lock: 0, generation: 0, low: 0n, high: 0n }, { lock: false });
    const repeat = 3_000_000;
    let running = true;
    const ended = bpftoolRuns(object.programs.get("both").info.id, new Uint8Array(64), repeat)
      .finally(() => running = false);
    let differs = 0;
    const generations = new Set<number>();
    while (running) {
      for (let i = 0; i < 1000; i++) {
        const pair = map.get(1, { lock: true });
        if (pair?.low !== pair?.high) differs++;
        generations.add(pair?.generation ?? -1);
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    assertEquals(await ended, 0);
    assertEquals([differs, generations.size > 10], [0, true]);
    assertEquals(map.get(1)?.low, BigInt(repeat));
  },
);

test("a value set under its lock leaves the lock alone", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("typed"));
  const map = object.maps.get("locked", hash(u32, Pair));
  map.set(1, { lock: 0, generation: 1, low: 5n, high: 5n });
  map.set(1, { lock: 77, generation: 2, low: 6n, high: 6n }, { lock: true, mode: "exist" });
  assertEquals(map.get(1, { lock: true }), { lock: 0, generation: 2, low: 6n, high: 6n });
  assertEquals(object.programs.get("both").run({ data: new Uint8Array(64) }).returnValue, 1);
  assertEquals(map.take(1, { lock: true }), { lock: 0, generation: 3, low: 7n, high: 7n });
  assertEquals(map.setAll([[2, { lock: 0, generation: 0, low: 1n, high: 1n }]], { mode: "noexist" }), 1);
});

test("maps with a lock in their values cannot be frozen", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("typed"));
  assertThrows(
    () => object.maps.get("locked").freeze(),
    NotSupportedError,
    'Cannot freeze map "locked": the kernel cannot freeze maps of this type, or with locks',
  );
});

test("a lock that is not in the value is said to be missing", { needs: ["bpf"] }, () => {
  using map = createMap(hash(u32, u64), { name: "plain", maxEntries: 1 });
  map.set(1, 1n);
  for (const use of [() => map.get(1, { lock: true }), () => map.set(1, 1n, { lock: true })]) {
    const error = assertThrows(use, SyscallError, 'element of map "plain"');
    assertEquals([error.code, error.message.includes("the map does not take this value or option")], [
      "EINVAL",
      true,
    ]);
  }
});
