import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { native, systemCalls, useNative } from "../../ffi/mod.ts";
import { findOwn, kernelBtf, moduleBtfs } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

test("moduleBtfs() has the types of sysfs", { needs: ["bpf", "btf"] }, () => {
  const modules = readdirSync("/sys/kernel/btf").filter((name) => name !== "vmlinux");
  assertEquals(moduleBtfs().map(({ name }) => name).toSorted(), modules.toSorted());
  for (const { name, btf } of moduleBtfs()) {
    assertEquals(readFileSync(`/sys/kernel/btf/${name}`).equals(btf.bytes), true, name);
    assertEquals(btf.base === kernelBtf(), true);
  }
  assertEquals(moduleBtfs() === moduleBtfs(), true);
});

test("moduleBtfs() is empty where the process may not list them", { needs: ["bpf"] }, async () => {
  // a copy of the module that has not read anything yet
  const fresh: { moduleBtfs: typeof moduleBtfs } = await import("../../src/kernel/modules.ts?fresh");
  const real = native();
  const { bpf } = systemCalls(real.arch);
  const denied = -1; // EPERM
  using _ = useNative({
    ...real,
    bpf: () => denied,
    syscall: (number, ...args) => number === bpf ? denied : real.syscall(number, ...args),
  });
  assertEquals(fresh.moduleBtfs(), []);
});

test("findOwn() finds types by name and kind", { needs: ["btf"] }, () => {
  const btf = kernelBtf();
  const id = findOwn(btf, "task_struct", "struct");
  assertEquals(id === undefined ? undefined : btf.nameOf(id), "task_struct");
  assertEquals(findOwn(btf, "task_struct", "function"), undefined);
  assertEquals(findOwn(btf, "no_such_type", "struct"), undefined);
});
