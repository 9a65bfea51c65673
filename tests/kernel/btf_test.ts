import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { native, systemCalls, useNative } from "../../ffi/mod.ts";
import { NotSupportedError, SyscallError } from "../../src/errors.ts";
import { kernelBtf } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

test("kernelBtf() has the bytes of sysfs", { needs: ["btf"] }, () => {
  const btf = kernelBtf();
  assertEquals(readFileSync("/sys/kernel/btf/vmlinux").equals(btf.bytes), true);
  assertEquals(btf.find("task_struct", "struct")?.name, "task_struct");
  assertEquals(kernelBtf() === btf, true);
});

for (
  const [errno, error, message] of [
    [2, NotSupportedError, "the kernel needs CONFIG_DEBUG_INFO_BTF=y"],
    [24, SyscallError, "too many open files"],
  ] as const
) {
  test(`kernelBtf() where sysfs answers error ${errno} says why`, { needs: ["linux"] }, async () => {
    // a copy of the module that has not read anything yet
    const fresh: { kernelBtf: typeof kernelBtf } = await import(`../../src/kernel/btf.ts?${errno}`);
    const real = native();
    const { openat } = systemCalls(real.arch);
    using _ = useNative({
      ...real,
      syscall: (number, ...args) => number === openat ? -errno : real.syscall(number, ...args),
    });
    assertThrows(() => fresh.kernelBtf(), error, message);
  });
}
