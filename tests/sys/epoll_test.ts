import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { SyscallError } from "../../src/errors.ts";
import { EPOLL, Epoll, EventFd } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

test("Epoll.wait() returns the descriptors that are readable", { needs: ["linux"] }, async () => {
  using epoll = new Epoll();
  using first = new EventFd();
  using second = new EventFd();
  for (const { fd } of [first, second]) epoll.control("add", fd, EPOLL.IN);
  second.notify();
  assertEquals(await epoll.wait(), [second.fd]);
  first.notify();
  assertEquals((await epoll.wait()).sort(), [first.fd, second.fd].sort());
  second.reset();
  assertEquals(await epoll.wait(), [first.fd]);
  epoll.control("remove", first.fd, 0);
  second.notify();
  assertEquals(await epoll.wait(), [second.fd]);
});

test("Epoll.control() arms for one event only", { needs: ["linux"] }, async () => {
  using epoll = new Epoll();
  using once = new EventFd();
  using always = new EventFd();
  epoll.control("add", once.fd, EPOLL.IN | EPOLL.ONESHOT);
  epoll.control("add", always.fd, EPOLL.IN);
  for (const event of [once, always]) event.notify();
  assertEquals((await epoll.wait()).sort(), [once.fd, always.fd].sort());
  assertEquals(await epoll.wait(), [always.fd]);
  epoll.control("modify", once.fd, EPOLL.IN | EPOLL.ONESHOT);
  assertEquals((await epoll.wait()).sort(), [once.fd, always.fd].sort());
});

test("Epoll.control() says what it cannot do", { needs: ["linux"] }, () => {
  using epoll = new Epoll();
  using event = new EventFd();
  assertThrows(
    () => epoll.control("remove", event.fd, 0),
    SyscallError,
    `Cannot remove descriptor ${event.fd} of an epoll instance: no such file, object or element (ENOENT from epoll_ctl)`,
  );
});

test("Epoll lays events out as the processor wants them", async () => {
  for (const [arch, size, data] of [["x86_64", 12, 4], ["aarch64", 16, 8]] as const) {
    const fake = fakeNative(({ name, args: [, events = 0], memory }) => {
      if (name === "epoll_create1") return 5_000_000;
      if (name !== "epoll_pwait") return 0;
      [41, 42].forEach((fd, i) => memory(events, 2 * size).set([fd], i * size + data));
      return 2;
    }, arch);
    using _ = useNative(fake);
    using epoll = new Epoll();
    epoll.control("add", 77, EPOLL.IN);
    const control = fake.calls.find(({ name }) => name === "epoll_ctl");
    const event = new DataView(
      (control?.memory(control.args[3] ?? 0, size) ?? new Uint8Array()).slice().buffer,
    );
    assertEquals([event.getUint32(0, true), event.getInt32(data, true)], [1, 77]);
    assertEquals(await epoll.wait(), [41, 42]);
  }
});

test("Epoll.wait() rejects with the error", async () => {
  using _ = useNative(fakeNative(({ name }) => name === "epoll_pwait" ? -9 : 5_000_000));
  using epoll = new Epoll();
  await assertRejects(() => epoll.wait(), SyscallError, "Cannot wait for events: bad file descriptor");
});

test("EventFd.reset() does no harm where nothing was notified", { needs: ["linux"] }, () => {
  using event = new EventFd();
  event.reset();
  event.notify();
  event.notify();
  event.reset();
  event.reset();
  assertEquals(event.fd > 2, true);
});
