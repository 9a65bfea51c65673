import { assertEquals, assertIsError, assertRejects, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import { fakeNative } from "../../ffi/fake.ts";
import { type Native, native, useNative } from "../../ffi/mod.ts";
import { SyscallError } from "../../src/errors.ts";
import { EventFd, openFile, openReadable, readinessClosed } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Whether a promise is still pending after some time. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, 20, true));
  return await Promise.race([promise.then(() => false), late]);
}

/** The runtime's own door, counting the waits that are under way. */
function counting(): { native: Native; most: () => number; now: () => number } {
  const door = native();
  let [now, most] = [0, 0];
  const epollWait: Native["epollWait"] = async (...args) => {
    most = Math.max(most, ++now);
    try {
      return await door.epollWait(...args);
    } finally {
      now--;
    }
  };
  return { native: { ...door, epollWait }, most: () => most, now: () => now };
}

test("openReadable() waits until its descriptor is readable", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  using reader = openReadable(event.fd);
  const wait = reader.wait();
  assertEquals(await isPending(wait), true);
  event.notify();
  assertEquals(await wait, true);
});

test("openReadable() can wait again at once, any number of times", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  using reader = openReadable(event.fd);
  for (let i = 0; i < 200; i++) {
    event.notify();
    assertEquals(await reader.wait(), true);
    event.reset();
  }
});

test("openReadable() shares one wait among all readers", { needs: ["linux"] }, async () => {
  const { native, most, now } = counting();
  using _ = useNative(native);
  {
    using first = new EventFd();
    using second = new EventFd();
    using firstReader = openReadable(first.fd);
    using secondReader = openReadable(second.fd);
    for (let i = 0; i < 20; i++) {
      const [firstWait, secondWait] = [firstReader.wait(), secondReader.wait()];
      first.notify();
      assertEquals(await firstWait, true);
      second.notify();
      assertEquals(await secondWait, true);
      for (const event of [first, second]) event.reset();
    }
    const wait = firstReader.wait();
    assertEquals([await isPending(wait), now()], [true, 1]);
  }
  await readinessClosed();
  assertEquals([most(), now()], [1, 0]);
});

test("openReadable() leaves a reader that is not waiting alone", { needs: ["linux"] }, async () => {
  const { native, now } = counting();
  using _ = useNative(native);
  using busy = new EventFd();
  using quiet = new EventFd();
  using _busyReader = openReadable(busy.fd);
  using quietReader = openReadable(quiet.fd);
  busy.notify();
  const wait = quietReader.wait();
  assertEquals([await isPending(wait), now()], [true, 1]);
  quiet.notify();
  assertEquals(await wait, true);
});

test("openReadable() ends a wait when the signal aborts", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  using other = new EventFd();
  using reader = openReadable(event.fd);
  using otherReader = openReadable(other.fd);
  const otherWait = otherReader.wait();
  const controller = new AbortController();
  const wait = reader.wait(controller.signal);
  controller.abort();
  assertEquals(await wait, false);
  assertEquals(await reader.wait(controller.signal), false);
  assertEquals(await isPending(otherWait), true);
  event.notify();
  assertEquals(await reader.wait(new AbortController().signal), true);
});

test("openReadable() ends a wait when it is closed", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  const reader = openReadable(event.fd);
  const wait = reader.wait();
  reader[Symbol.dispose]();
  assertEquals(await wait, false);
  assertEquals(await reader.wait(), false);
  reader[Symbol.dispose]();
});

test("openReadable() refuses a second wait beside the first", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  using reader = openReadable(event.fd);
  const wait = reader.wait();
  await assertRejects(() => reader.wait(), TypeError, "an earlier wait is under way");
  event.notify();
  assertEquals(await wait, true);
});

test("readinessClosed() leaves no descriptor and no wait", { needs: ["linux"] }, async () => {
  const { native, now } = counting();
  using _ = useNative(native);
  using event = new EventFd();
  using other = new EventFd();
  const watch = async () => {
    using reader = openReadable(event.fd);
    using otherReader = openReadable(other.fd);
    const waits = [reader.wait(), otherReader.wait()];
    event.notify();
    await waits[0];
  };
  await watch(); // a runtime keeps what it needs for its first wait
  await readinessClosed();
  const before = openDescriptors();
  for (let i = 0; i < 20; i++) {
    await watch();
    assertEquals(openDescriptors() > before, true);
    await readinessClosed();
    assertEquals([openDescriptors(), now()], [before, 0]);
  }
});

test("openReadable() starts anew while the last one is closing", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  const old = openReadable(event.fd);
  const oldWait = old.wait();
  old[Symbol.dispose]();
  using reader = openReadable(event.fd);
  const wait = reader.wait();
  event.notify();
  assertEquals([await oldWait, await wait], [false, true]);
});

test("openReadable() leaves nothing where it cannot watch the descriptor", { needs: ["linux"] }, async () => {
  const before = openDescriptors();
  {
    using file = openFile("/proc/self/status"); // regular files are always readable and cannot be watched
    assertThrows(() => openReadable(file.fd), SyscallError, "EPERM from epoll_ctl");
  }
  await readinessClosed();
  assertEquals(openDescriptors(), before);
});

test("openReadable() rejects the waits when waiting fails", async () => {
  let fd = 5_000_000;
  const fake = fakeNative(({ name }) => {
    if (name === "epoll_pwait") return -22;
    return name === "epoll_create1" || name === "eventfd2" ? fd++ : 0;
  });
  using _ = useNative(fake);
  using first = openReadable(1);
  using second = openReadable(2);
  for (const outcome of await Promise.allSettled([first.wait(), second.wait()])) {
    assertEquals(outcome.status, "rejected");
    if (outcome.status === "rejected") {
      assertIsError(outcome.reason, SyscallError, "Cannot wait for events: invalid argument");
    }
  }
});

test(
  "openReadable() wakes those that wait for an edge once for each time",
  { needs: ["linux"] },
  async () => {
    using event = new EventFd();
    using reader = openReadable(event.fd, "edge");
    const wait = reader.wait();
    assertEquals(await isPending(wait), true);
    event.notify();
    assertEquals(await wait, true);
    // Still readable, but nothing new
    assertEquals(await isPending(reader.wait(undefined, 100)), true);
    await new Promise((resolve) => setTimeout(resolve, 110));
    event.notify();
    assertEquals(await reader.wait(), true);
  },
);

test("openReadable() keeps an edge for the next wait", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  using other = new EventFd();
  using reader = openReadable([event.fd, other.fd], "edge");
  for (const each of [event, other, event]) {
    each.notify();
    assertEquals(await reader.wait(), true);
  }
  // Told while another reader waits
  using third = new EventFd();
  using otherReader = openReadable(third.fd);
  const wait = otherReader.wait();
  event.notify();
  assertEquals(await isPending(wait), true);
  assertEquals(await reader.wait(), true);
  third.notify();
  assertEquals(await wait, true);
});

test("openReadable() waits for room to write", { needs: ["linux"] }, async () => {
  using event = new EventFd();
  using writer = openReadable(event.fd, "room");
  assertEquals(await writer.wait(), true); // there is when it is opened
  assertEquals(await isPending(writer.wait(undefined, 100)), true);
});

test(
  "openReadable() waits no longer than it is told, and not when it is woken",
  { needs: ["linux"] },
  async () => {
    using event = new EventFd();
    using reader = openReadable(event.fd);
    const started = performance.now();
    assertEquals(await reader.wait(undefined, 30), false);
    assertEquals(performance.now() - started >= 29, true);
    reader.wake(); // nobody waits
    const wait = reader.wait(undefined, 5000);
    assertEquals(await isPending(wait), true);
    reader.wake();
    assertEquals(await wait, true);
    event.notify();
    assertEquals(await reader.wait(undefined, 5000), true);
  },
);
