/** What the verifier says of the programs of an object. */
import { assertEquals, assertRejects } from "@std/assert";
import { readFileSync } from "node:fs";
import { useNative } from "../../ffi/mod.ts";
import { load } from "../../src/object/mod.ts";
import type { LogLevel } from "../../src/program/mod.ts";
import { fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { loadingKernel } from "../program/_loading_kernel.ts";

/** Of the verifier's statistics, `print_verification_stats` in kernel/bpf/verifier.c. */
const PROCESSED = /^processed (\d+) insns \(limit 1000000\)/;

test(
  "load() keeps what the verifier says of each program, where that is asked for",
  { needs: ["bpf"] },
  async () => {
    await using silent = await load(fixture("variables"));
    await using stats = await load(fixture("variables"), { log: ["stats"] });
    await using all = await load(fixture("variables"), { log: ["instruction", "stats"] });
    for (const name of ["look", "advance"]) {
      assertEquals(silent.programs.get(name).log, []);
      const [numbers, walk] = [stats.programs.get(name).log, all.programs.get(name).log];
      assertEquals(numbers.some((line) => PROCESSED.test(line)), true);
      assertEquals(numbers.some((line) => /^0: \([0-9a-f]{2}\) /.test(line)), false);
      assertEquals(walk.some((line) => /^0: \([0-9a-f]{2}\) /.test(line)), true);
      // Lines of C, which the object's types bring
      assertEquals(walk.some((line) => /^; .* @ variables\.bpf\.c:\d+/.test(line)), true);
      assertEquals(silent.programs.get(name).info.tag, all.programs.get(name).info.tag);
    }
  },
);

test("a log of load() is whole, however long", { needs: ["bpf", "bpftool"] }, async () => {
  await using object = await load(fixture("long_log"), { log: ["instruction", "stats"] });
  const program = object.programs.get("turns");
  const bytes = program.log.join("\n").length;
  assertEquals(bytes > 1 << 20, true, `${bytes} bytes`);
  const last = program.log.map((line) => PROCESSED.exec(line)?.[1]).find((number) => number !== undefined);
  // The kernel's own number, from the info of the program
  assertEquals(Number(last), program.info.verifiedInstructions);
  assertEquals(shown("prog", program.info.id).name, "turns");
});

/** The sizes of the buffers that are tried until a log of `needed` bytes fits. */
async function sizesFor(needed: number, trueSize: number): Promise<number[]> {
  const sizes: number[] = [];
  using _ = useNative(loadingKernel({
    release: "6.18.0",
    answer(loading) {
      const size = loading.get("log_size");
      sizes.push(size);
      loading.setTrueSize(trueSize);
      loading.writeLog("processed 1 insns (limit 1000000)\n");
      return size < needed ? -28 : 77;
    },
  }));
  const file = readFileSync(fixture("variables"));
  await using object = await load(file, { only: ["look"], log: ["stats"] });
  assertEquals(object.programs.get("look").log, ["processed 1 insns (limit 1000000)"]);
  return sizes;
}

test("the buffer of a log of load() grows to its true size, twofold before Linux 6.4", async () => {
  assertEquals(await sizesFor(1_000_000, 1_000_000), [65536, 1_000_000]);
  assertEquals(await sizesFor(200_000, 0), [65536, 131072, 262144]);
});

test("load() refuses levels that there are not, before it makes anything", async () => {
  const log = ["all" as LogLevel];
  const calls: string[] = [];
  using _ = useNative(loadingKernel({ release: "6.18.0", answer: () => calls.push("load") }));
  await assertRejects(
    () => load(readFileSync(fixture("variables")), { log }),
    TypeError,
    'Cannot log "all" of a program: there are branch, instruction, stats',
  );
  assertEquals(calls, []);
});
