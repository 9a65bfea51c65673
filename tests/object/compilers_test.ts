import { assertEquals } from "@std/assert";
import process from "node:process";
import { bytes, struct, u32, u64 } from "../../src/codec/mod.ts";
import { array, hash } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const PACKET = new Uint8Array(64).with(0, 5).with(1, 2);

/**
 * The objects of clang 14 and 16 are made of the same sources as those of the compiler in use, in tests/bpf:
 * `clang-14 -O2 -g --target=bpfel -mcpu=v3 -fdebug-compilation-dir=. -c calls.bpf.c -o clang14/calls.bpf.o`, then
 * `llvm-strip -g`.
 */
for (const compiler of ["clang14", "clang16"]) {
  test(`load() links what ${compiler} compiled`, { needs: ["bpf"] }, async () => {
    await using object = await load(fixture(`${compiler}/calls`));
    assertEquals(object.programs.get("arithmetic").run({ data: PACKET }).returnValue, 5 ** 3 + 2 ** 2);
    object.maps.get("numbers", hash(u32, u64)).set(8, 9n);
    assertEquals(object.programs.get("loops").run({ data: PACKET }).returnValue, 4950);
    assertEquals([...object.maps.get("sums", array(u64))], [8n, 9n]);
  });

  test(`load() fills the sections of what ${compiler} compiled`, { needs: ["bpf"] }, async () => {
    await using object = await load(fixture(`${compiler}/sections`));
    object.programs.get("change").run({ data: PACKET });
    assertEquals(
      object.programs.get("sum").run({ data: PACKET }).returnValue,
      1005 + 77 + "waggle".charCodeAt(5),
    );
  });

  test(`load() relocates what ${compiler} compiled`, { needs: ["bpf", "btf"] }, async () => {
    await using object = await load(fixture(`${compiler}/task`));
    assertEquals(object.programs.get("report").run().returnValue, 0);
    const reports = object.maps.get("reports", array(struct({ tgid: u32, ppid: u32, others: bytes(24) })));
    const { tgid, ppid } = reports.get(0);
    assertEquals({ tgid, ppid }, { tgid: process.pid, ppid: process.ppid });
  });
}
