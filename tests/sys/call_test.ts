import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { systemCalls, useNative } from "../../ffi/mod.ts";
import { SyscallError, WaggleError } from "../../src/errors.ts";
import { checked, ERRNO, syscall, syscallError, trySyscall } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

test("trySyscall() calls by the number of the processor", () => {
  for (const arch of ["x86_64", "aarch64"] as const) {
    const fake = fakeNative(({ name, args }) => name === "ioctl" ? Number(args[1]) : -1, arch);
    using _ = useNative(fake);
    assertEquals(trySyscall("ioctl", 3, 77, 4n), 77);
    assertEquals(fake.calls.map(({ args }) => args), [[3, 77, 4n, 0, 0, 0]]);
    assertEquals(fake.syscall(systemCalls(arch).ioctl, 0, 5), 5);
  }
});

test("trySyscall() returns any error", () => {
  for (const errno of [1, 2, 9, 11, 22, 38, 524]) {
    using _ = useNative(fakeNative(() => -errno));
    assertEquals(trySyscall("openat", -100), -errno);
  }
});

test("trySyscall() tries again after EINTR, not after EAGAIN", () => {
  const answers = [-ERRNO.EINTR, -ERRNO.EINTR, -ERRNO.EAGAIN, 7];
  using _ = useNative(fakeNative(() => answers.shift() ?? 0));
  assertEquals(trySyscall("read", 3), -ERRNO.EAGAIN);
  assertEquals(answers, [7]);
});

test("syscall() throws what was tried, the error and the call", () => {
  using _ = useNative(fakeNative(() => -ERRNO.ENOENT));
  const error = assertThrows(() => syscall('open "/no"', "openat", -100));
  assertInstanceOf(error, SyscallError);
  assertInstanceOf(error, WaggleError);
  assertEquals(error.message, 'Cannot open "/no": no such file, object or element (ENOENT from openat)');
  assertEquals([error.name, error.syscall, error.errno, error.code], ["SyscallError", "openat", 2, "ENOENT"]);
});

test("syscallError() ends with the cure", () => {
  assertEquals(
    syscallError(1, "bpf(MAP_CREATE)", 'create map "m"', "run as root").message,
    'Cannot create map "m": operation not permitted (EPERM from bpf(MAP_CREATE)): run as root',
  );
});

test("checked() passes results through", () => {
  assertEquals([checked(0, "x", "y"), checked(7, "x", "y")], [0, 7]);
});
