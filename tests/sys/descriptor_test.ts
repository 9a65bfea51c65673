import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { findTool } from "../../scripts/_tools.ts";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import { Descriptor, openFile, syscall } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";
import { FAKE_FD, fakeDescriptor } from "./_fake.ts";

function isOpen(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) !== "";
  } catch {
    return false;
  }
}

test("Descriptor moves the numbers of the standard streams up", () => {
  for (const fd of [0, 1, 2]) {
    const fake = fakeNative(({ name }) => name === "fcntl" ? FAKE_FD : 0);
    using _ = useNative(fake);
    using descriptor = new Descriptor(fd, "map");
    assertEquals(descriptor.fd, FAKE_FD);
    const F_DUPFD_CLOEXEC = 1030;
    assertEquals(fake.calls.map(({ name, args }) => [name, ...args].slice(0, 4)), [
      ["fcntl", fd, F_DUPFD_CLOEXEC, 3],
      ["close", fd],
    ]);
  }
});

test("Descriptor closes a number that it cannot move up", () => {
  const fake = fakeNative(({ name }) => name === "fcntl" ? -24 : 0);
  using _ = useNative(fake);
  assertThrows(
    () => new Descriptor(0, 'map "m"'),
    SyscallError,
    'Cannot duplicate the descriptor of map "m"',
  );
  assertEquals(fake.calls.map(({ name }) => name), ["fcntl", "close"]);
});

test("Descriptor closes once", () => {
  const fake = fakeNative(() => 0);
  using _ = useNative(fake);
  using descriptor = fakeDescriptor(1, "map");
  descriptor.close();
  descriptor.close();
  assertEquals(fake.calls.map(({ name, args }) => [name, args[0]]), [["close", FAKE_FD + 1]]);
});

test("Descriptor does not try again to close, even after EINTR", () => {
  const fake = fakeNative(() => -4);
  using _ = useNative(fake);
  fakeDescriptor(1, "map").close();
  assertEquals(fake.calls.length, 1);
});

test("Descriptor closes where it was opened", () => {
  const fake = fakeNative(() => 0);
  let descriptor: Descriptor;
  {
    using _ = useNative(fake);
    descriptor = fakeDescriptor(1, "map");
  }
  descriptor.close();
  assertEquals(fake.calls.map(({ name }) => name), ["close"]);
});

test("Descriptor says what is closed", { needs: ["linux"] }, () => {
  const file = openFile("/proc/self/status");
  assertEquals([file.closed, isOpen(file.fd)], [false, true]);
  const { fd } = file;
  file.close();
  assertEquals([file.closed, isOpen(fd), file.what], [true, false, '"/proc/self/status"']);
  for (const use of [() => file.fd, () => file.clone(), () => file.take()]) {
    assertThrows(use, ClosedError, 'Cannot use "/proc/self/status": it is closed');
  }
});

test("Descriptor.clone() has an owner of its own", { needs: ["linux"] }, () => {
  using file = openFile("/proc/self/status");
  using clone = file.clone();
  assertNotEquals(clone.fd, file.fd);
  file.close();
  assertEquals([isOpen(clone.fd), clone.what], [true, file.what]);
});

test("Descriptor.take() gives the number away", { needs: ["linux"] }, () => {
  const file = openFile("/proc/self/status");
  const fd = file.take();
  assertEquals([file.closed, isOpen(fd)], [true, true]);
  file.close();
  assertEquals(isOpen(fd), true);
  syscall("close a file", "close", fd);
});

test("Descriptor is closed when it is dropped", { needs: ["linux", "deno"] }, () => {
  const script = `
    import { directoryNames, openFile } from "./src/sys/mod.ts";
    const count = () => directoryNames("/proc/self/fd").length;
    const before = count();
    for (let i = 0; i < 100; i++) openFile("/proc/self/status");
    const kept = openFile("/proc/self/status");
    const opened = count() - before;
    for (let i = 0; i < 100 && count() > before + 1; i++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    console.log(opened, count() - before, kept.closed);`;
  const printed = execFileSync(
    findTool("deno") ?? "deno",
    ["run", "--no-config", "--allow-ffi", "--v8-flags=--expose-gc", "-"],
    { cwd: fileURLToPath(new URL("../..", import.meta.url)), input: script, encoding: "utf8" },
  );
  assertEquals(printed.trim(), "101 1 false");
});
