/**
 * Suites that every implementation of the same interface has to pass.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import process from "node:process";
import { epollEventLayout, type Native, systemCalls } from "../ffi/mod.ts";
import { test, type TestOptions } from "./_harness.ts";

const EBADF = 9;
const EINVAL = 22;
const SEEK_SET = 0;
const SEEK_CUR = 1;
const CLOSED = 1_000_000; // a descriptor that no process has
const PAGE = 65536; // of every machine a multiple of its own
const GETPID = { x86_64: 39, aarch64: 172 };

/** What a {@linkcode Native} does now: calls, addresses, memory. */
export function testNative(name: string, open: () => Native, options: TestOptions = {}): void {
  const check = (what: string, body: (native: Native) => void) =>
    test(`${name}: ${what}`, options, () => body(open()));

  check("syscall() returns the result", (native) => {
    assertEquals(native.syscall(GETPID[native.arch]), process.pid);
  });

  check("syscall() returns -errno of a call that failed", (native) => {
    const { close, read, memfd_create } = systemCalls(native.arch);
    assertEquals(native.syscall(close, -1), -EBADF);
    const memfd = native.syscall(memfd_create, native.addressOf(NAME), 0);
    assertEquals(native.syscall(close, memfd), 0);
    assertEquals(native.syscall(read, memfd, native.addressOf(new ArrayBuffer(8)), 8), -EBADF);
  });

  check("bpf() returns -errno of a call that failed", (native) => {
    assertEquals(native.bpf(99, native.addressOf(new ArrayBuffer(8)), 8), -EINVAL);
  });

  check("syscall() passes 64 bits of numbers and of bigints", (native) => {
    const { lseek } = systemCalls(native.arch);
    withMemfd(native, (memfd) => {
      assertEquals(native.syscall(lseek, memfd, 2 ** 40 + 3, SEEK_SET), 2 ** 40 + 3);
      assertEquals(native.syscall(lseek, memfd, -3, SEEK_CUR), 2 ** 40);
      assertEquals(native.syscall(lseek, memfd, -1n, SEEK_CUR), 2 ** 40 - 1);
      assertEquals(native.syscall(lseek, memfd, 2n ** 33n, SEEK_SET), 2 ** 33);
      assertEquals(native.syscall(lseek, memfd, 2n ** 64n - 8n, SEEK_CUR), 2 ** 33 - 8);
      assertEquals(native.syscall(lseek, memfd, -1, SEEK_SET), -EINVAL);
    });
  });

  check("syscall() passes six arguments", (native) => {
    const { mmap } = systemCalls(native.arch);
    const far = 2 ** 33;
    withMemfd(native, (memfd) => {
      write(native, memfd, far, Uint8Array.of(7, 8, 9));
      const address = native.syscall(mmap, 0, PAGE, 1, 1, memfd, far);
      assertEquals([...new Uint8Array(native.bufferAt(BigInt(address), PAGE), 0, 4)], [7, 8, 9, 0]);
      unmap(native, address);
    });
  });

  check("bufferAt() is the memory itself", (native) => {
    const { mmap } = systemCalls(native.arch);
    withMemfd(native, (memfd) => {
      write(native, memfd, 0, Uint8Array.of(1));
      const address = native.syscall(mmap, 0, PAGE, 3, 1, memfd, 0);
      const bytes = new Uint8Array(native.bufferAt(BigInt(address), PAGE));
      write(native, memfd, 0, Uint8Array.of(42, 43));
      assertEquals([bytes.length, bytes[0], bytes[1]], [PAGE, 42, 43]);
      bytes[1] = 44;
      assertEquals([...read(native, memfd, 0, 2)], [42, 44]);
      unmap(native, address);
    });
  });

  check("acquire() reads the word at the index", (native) => {
    const { mmap } = systemCalls(native.arch);
    assertEquals(native.acquire(Int32Array.of(1, -2, 3), 1), -2);
    assertEquals(native.acquire(new Int32Array(Int32Array.of(4, 5, 6).buffer, 4), 1), 6);
    withMemfd(native, (memfd) => {
      write(native, memfd, 4, new Uint8Array(Int32Array.of(-1000).buffer));
      const address = native.syscall(mmap, 0, PAGE, 1, 1, memfd, 0);
      const words = new Int32Array(native.bufferAt(BigInt(address), PAGE));
      // Often enough for the compiler to get at it: what it makes of it must not write to memory that is read-only.
      for (let i = 0; i < 20_000; i++) assertSame(native.acquire(words, 1), -1000);
      write(native, memfd, 4, new Uint8Array(Int32Array.of(2000).buffer));
      assertEquals(native.acquire(words, 1), 2000);
      unmap(native, address);
    });
  });

  check("addressOf() stays the same", (native) => {
    const buffers = [1, 8, 64, 1000, 5000].flatMap((size) => [
      new ArrayBuffer(size),
      new Uint8Array(size).buffer,
    ]);
    const before = buffers.map((buffer) => native.addressOf(buffer));
    assertEquals(new Set(before).size, before.length);
    for (const buffer of buffers) new DataView(buffer).setUint8(0, new Uint8Array(buffer).subarray(1).length);
    churn();
    assertEquals(buffers.map((buffer) => native.addressOf(buffer)), before);
  });

  check("addressOf() is where the kernel writes to", (native) => {
    withMemfd(native, (memfd) => {
      write(native, memfd, 0, Uint8Array.of(1, 2, 3));
      const bytes = new Uint8Array(3);
      const address = native.addressOf(bytes.buffer);
      churn();
      native.syscall(systemCalls(native.arch).lseek, memfd, 0, SEEK_SET);
      native.syscall(systemCalls(native.arch).read, memfd, address, 3);
      assertEquals([...bytes], [1, 2, 3]);
    });
  });

  check("addressOf() is 0 for an empty buffer", (native) => {
    assertEquals(native.addressOf(new ArrayBuffer(0)), 0n);
    assertNotEquals(native.addressOf(new ArrayBuffer(1)), 0n);
  });
}

/** How a {@linkcode Native} waits. `concurrent` waits are under way at once where that is asked of it. */
export function testWait(name: string, open: () => Native, concurrent: number): void {
  const check = (what: string, body: (native: Native) => Promise<void>) =>
    test(`${name}: epollWait() ${what}`, { needs: ["linux"] }, () => body(open()));

  check("resolves once a descriptor is readable, not before", async (native) => {
    using epoll = new TestEpoll(native, 1);
    let done = false;
    const wait = epoll.wait(8).finally(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(done, false);
    epoll.notify(0);
    assertEquals(await wait, [epoll.events[0]]);
  });

  check("resolves for what is readable already, again and again", async (native) => {
    using epoll = new TestEpoll(native, 1);
    epoll.notify(0);
    for (let i = 0; i < 3; i++) assertEquals(await epoll.wait(8), [epoll.events[0]]);
  });

  check("reports several events, up to the capacity", async (native) => {
    using epoll = new TestEpoll(native, 3);
    for (const i of [0, 1, 2]) epoll.notify(i);
    assertEquals((await epoll.wait(8)).sort(), epoll.events.toSorted());
    assertEquals((await epoll.wait(2)).length, 2);
  });

  check("resolves with -errno", async (native) => {
    using epoll = new TestEpoll(native, 1);
    epoll.notify(0);
    const events = new ArrayBuffer(16);
    assertEquals(await native.epollWait(epoll.events[0] ?? -1, events, 1), -EINVAL);
    const waits = Array.from({ length: concurrent }, (_, i) => native.epollWait(CLOSED + i, events, 1));
    assertEquals(new Set(await Promise.all(waits)), new Set([-EBADF]));
  });
}

/** An epoll instance that watches eventfds. */
class TestEpoll implements Disposable {
  readonly epoll: number;
  readonly events: readonly number[];
  readonly #native: Native;

  constructor(native: Native, count: number) {
    const { epoll_create1, epoll_ctl, eventfd2 } = systemCalls(native.arch);
    const { size, data } = epollEventLayout(native.arch);
    this.#native = native;
    this.epoll = native.syscall(epoll_create1, 0);
    this.events = Array.from({ length: count }, () => native.syscall(eventfd2, 0, 0));
    for (const fd of this.events) {
      const event = new ArrayBuffer(size);
      new DataView(event).setUint32(0, 1, true); // EPOLLIN
      new DataView(event).setInt32(data, fd, true);
      assertEquals(native.syscall(epoll_ctl, this.epoll, 1, fd, native.addressOf(event)), 0);
    }
  }

  notify(index: number): void {
    const one = BigUint64Array.of(1n);
    const { write } = systemCalls(this.#native.arch);
    this.#native.syscall(write, this.events[index], this.#native.addressOf(one.buffer), 8);
  }

  /** The descriptors that have events. */
  async wait(capacity: number): Promise<number[]> {
    const { size, data } = epollEventLayout(this.#native.arch);
    const events = new ArrayBuffer(size * capacity);
    const count = await this.#native.epollWait(this.epoll, events, capacity);
    return Array.from({ length: count }, (_, i) => new DataView(events).getInt32(size * i + data, true));
  }

  [Symbol.dispose](): void {
    const { close } = systemCalls(this.#native.arch);
    for (const fd of [this.epoll, ...this.events]) this.#native.syscall(close, fd);
  }
}

const NAME = new TextEncoder().encode("contract\0").buffer;

function withMemfd(native: Native, body: (memfd: number) => void): void {
  const { memfd_create, close } = systemCalls(native.arch);
  const memfd = native.syscall(memfd_create, native.addressOf(NAME), 0);
  try {
    body(memfd);
  } finally {
    native.syscall(close, memfd);
  }
}

function write(native: Native, memfd: number, offset: number, bytes: Uint8Array<ArrayBuffer>): void {
  const { lseek, write } = systemCalls(native.arch);
  native.syscall(lseek, memfd, offset, SEEK_SET);
  assertEquals(native.syscall(write, memfd, native.addressOf(bytes.buffer), bytes.length), bytes.length);
}

function read(native: Native, memfd: number, offset: number, size: number): Uint8Array {
  const { lseek, read } = systemCalls(native.arch);
  const bytes = new Uint8Array(new ArrayBuffer(size));
  native.syscall(lseek, memfd, offset, SEEK_SET);
  assertEquals(native.syscall(read, memfd, native.addressOf(bytes.buffer), size), size);
  return bytes;
}

function unmap(native: Native, address: number): void {
  assertEquals(native.syscall(systemCalls(native.arch).munmap, address, PAGE), 0);
}

/** {@linkcode assertEquals} for loops. */
function assertSame(actual: number, expected: number): void {
  if (actual !== expected) assertEquals(actual, expected);
}

/** Makes garbage enough for several collections. */
function churn(): void {
  let held: unknown[] = [];
  for (let i = 0; i < 100_000; i++) {
    held.push(new Uint8Array(i % 100), { i });
    if (i % 1000 === 0) held = [new ArrayBuffer(1 << 20)];
  }
  assertEquals(held.length > 0, true);
}
