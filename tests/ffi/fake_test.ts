import { assertEquals, assertThrows } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { native, systemCalls, useNative } from "../../ffi/mod.ts";
import { test } from "../_harness.ts";

test("fakeNative() answers any call with any error", () => {
  for (const arch of ["x86_64", "aarch64"] as const) {
    for (const [name, number] of Object.entries(systemCalls(arch))) {
      for (const errno of [1, 4, 11, 22, 524]) {
        const fake = fakeNative((call) => call.name === name ? -errno : 0, arch);
        assertEquals(fake.syscall(number), -errno);
        assertEquals(fake.arch, arch);
      }
    }
  }
});

test("fakeNative() tells what was called", async () => {
  const { bpf, epoll_pwait, read } = systemCalls("x86_64");
  const fake = fakeNative(() => 3);
  fake.syscall(read, 5, 6n);
  fake.bpf(7, 8n, 9);
  assertEquals(await fake.epollWait(10, new ArrayBuffer(0), 11), 3);
  fake.syscall(99_999);
  assertEquals(fake.calls.map(({ name, args }) => [name, ...args]), [
    ["read", 5, 6n],
    ["bpf", 7, 8n, 9],
    ["epoll_pwait", 10, 0n, 11, -1],
    ["unknown"],
  ]);
  assertEquals([bpf, epoll_pwait], [321, 281]);
});

test("fakeNative() shows the memory behind an address", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const fake = fakeNative(({ args, memory }) => {
    const seen = memory(args[0] ?? 0, 2);
    seen[0] = 99;
    return seen[1] ?? 0;
  });
  assertEquals(fake.syscall(0, fake.addressOf(bytes.buffer) + 2n), 4);
  assertEquals([...bytes], [1, 2, 99, 4]);
});

test("fakeNative() refuses addresses of no buffer", () => {
  const fake = fakeNative(({ args, memory }) => memory(args[0] ?? 0, 4).length);
  const address = fake.addressOf(new ArrayBuffer(4));
  for (const wrong of [0, 1n, address - 1n, address + 1n, address + 2n ** 32n]) {
    assertThrows(() => fake.syscall(0, wrong), RangeError, "no buffer is there");
  }
  assertThrows(() => fake.bufferAt(address, 2), RangeError, "whole buffers only");
});

test("useNative() lasts until it is disposed of", () => {
  const [outer, inner] = [fakeNative(() => 0), fakeNative(() => 0)];
  using _outer = useNative(outer);
  {
    using _inner = useNative(inner);
    assertEquals(native(), inner);
  }
  assertEquals(native(), outer);
});
