import { assertEquals, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import process from "node:process";
import { cstr, struct, u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { cgrpStorage, createMap, skStorage, type StorageMap, taskStorage } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { udpSocket } from "./_sockets.ts";

test(
  "skStorage() shows what a program counted at each socket",
  { needs: ["bpf", "btf", "cgroup"] },
  async () => {
    await using object = await load(fixture("storage"), { only: ["on_packet"] });
    const map = object.maps.get("sockets", skStorage(u64));
    using cgroup = new Cgroup();
    using _link = cgroup.attach(object.programs.get("on_packet"), "CGROUP_INET_EGRESS");
    const openSockets = () => {
      using _inside = cgroup.enter();
      return [udpSocket(), udpSocket()] as const;
    };
    const [busy, idle] = openSockets();
    using _busy = busy;
    using _idle = idle;
    using outside = udpSocket();
    const { port } = outside;
    for (let i = 0; i < 5; i++) busy.send([i], port);
    outside.send([9], port);
    assertEquals([busy, idle, outside].map(({ fd }) => map.get(fd)), [5n, undefined, undefined]);
    map.set(busy.fd, 100n).set(idle.fd, 7n);
    busy.send([1], port);
    idle.send([1], port);
    assertEquals([map.get(busy.fd), map.get(idle.fd)], [101n, 8n]);
  },
);

test("taskStorage() shows what a program counted at each process", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("storage"), { only: ["on_task"] });
  const program = object.programs.get("on_task");
  const map = object.maps.get("tasks", taskStorage(u64));
  assertEquals([map.get(process.pid), map.get(1)], [undefined, undefined]);
  assertEquals([program.run().returnValue, program.run().returnValue], [1, 2]);
  assertEquals([map.get(process.pid), map.get(1)], [2n, undefined]);
  map.set(process.pid, 40n);
  assertEquals([program.run().returnValue, map.get(process.pid)], [41, 41n]);
  map.delete(process.pid);
  assertEquals(program.run().returnValue, 1);
});

test("taskStorage() knows threads", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("storage"), { only: ["on_thread"] });
  const map = object.maps.get("tasks", taskStorage(u64));
  const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  assertEquals(object.programs.get("on_thread").run().returnValue, 1);
  assertEquals(map.set(thread, map.get(thread)! + 4n).get(thread), 5n);
  assertEquals(object.programs.get("on_thread").run().returnValue, 6);
});

test("a value of a taskStorage() goes with its process", { needs: ["bpf"] }, async () => {
  using map = createMap(taskStorage(u64), { name: "subject" });
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  using undo = new DisposableStack();
  undo.defer(() => child.kill("SIGKILL"));
  map.set(pid, 7n);
  assertEquals([map.get(pid), map.has(pid), map.has(process.pid)], [7n, true, false]);
  child.kill("SIGKILL");
  await once(child, "exit");
  for (const use of [() => map.get(pid), () => map.set(pid, 1n), () => map.delete(pid)]) {
    assertThrows(use, NotFoundError, `Cannot find process ${pid}: there is none with this id`);
  }
});

test(
  "cgrpStorage() shows what a program counted in each cgroup",
  { needs: ["bpf", "btf", "cgroup"] },
  async () => {
    await using object = await load(fixture("storage"), { only: ["on_cgroup"] });
    const program = object.programs.get("on_cgroup");
    const map = object.maps.get("cgroups", cgrpStorage(u64));
    using first = new Cgroup();
    using second = new Cgroup();
    {
      using _inside = first.enter();
      assertEquals([program.run().returnValue, program.run().returnValue], [1, 2]);
    }
    assertEquals([map.get(first.path), map.get(second.path)], [2n, undefined]);
    map.set(second.path, 30n);
    {
      using _inside = second.enter();
      assertEquals(program.run().returnValue, 31);
    }
    assertEquals([map.get(first.path), map.get(second.path)], [2n, 31n]);
  },
);

/** What is true of all of them: `owner` has no value yet, and `none` are owners that do not exist, with why. */
function testStorage<O>(map: StorageMap<O, bigint>, owner: O, none: readonly (readonly [O, string])[]): void {
  assertEquals([map.get(owner), map.has(owner), map.delete(owner)], [undefined, false, false]);
  assertThrows(() => map.set(owner, 1n, { mode: "exist" }), NotFoundError, "there is none with this key");
  map.set(owner, 1n, { mode: "noexist" });
  const again = assertThrows(() => map.set(owner, 2n, { mode: "noexist" }), SyscallError);
  assertEquals([again.code, map.get(owner), map.has(owner)], ["EEXIST", 1n, true]);
  map.set(owner, 3n, { mode: "exist" });
  assertEquals([map.get(owner), map.delete(owner), map.delete(owner)], [3n, true, false]);
  assertThrows(() => map.set(owner, 1n << 64n), RangeError, "18446744073709551616");
  for (const [other, problem] of none) {
    for (const use of [() => map.get(other), () => map.has(other), () => map.set(other, 1n)]) {
      assertThrows(use, Error, problem);
    }
    assertThrows(() => map.delete(other), Error, problem);
  }
  map.close();
  for (const use of [() => map.get(owner), () => map.set(owner, 1n), () => map.delete(owner)]) {
    assertThrows(use, ClosedError, 'Cannot use map "subject": it is closed');
  }
}

const noNumbers = (what: string, problem: string) =>
  [NaN, -1, 1.5, 2 ** 32 + 1].map((it) => [it, `Cannot use ${it} as a ${what}: ${problem}`] as const);

test("skStorage() keeps values at sockets alone", { needs: ["bpf"] }, () => {
  using map = createMap(skStorage(u64), { name: "subject" });
  using socket = udpSocket();
  const { fd } = map.descriptor;
  testStorage(map, socket.fd, [
    ...noNumbers("socket", "it is no descriptor"),
    [
      fd,
      `Cannot find socket ${fd} in map "subject": not a socket (ENOTSOCK from bpf(2)): the descriptor stands for`,
    ],
    [0x7fff_ffff, "bad file descriptor (EBADF from bpf(2)): nothing is open under this number"],
  ]);
});

test("taskStorage() keeps values at tasks alone", { needs: ["bpf"] }, () => {
  using map = createMap(taskStorage(u64), { name: "subject" });
  testStorage(map, process.pid, [
    ...noNumbers("task", "it is no process id"),
    [0, "Cannot use 0 as a task: it is no process id"],
    [0x7fff_ffff, "Cannot find process 2147483647: there is none with this id"],
  ]);
});

test("cgrpStorage() keeps values at cgroups alone", { needs: ["bpf", "cgroup"] }, () => {
  using map = createMap(cgrpStorage(u64), { name: "subject" });
  using cgroup = new Cgroup();
  testStorage(map, cgroup.path, [
    ["/no/such/cgroup", 'Cannot open "/no/such/cgroup": no such file'],
    [
      "/proc",
      'Cannot find "/proc" in map "subject": bad file descriptor (EBADF from bpf(2)): it is not the directory',
    ],
  ]);
});

test("values of storage can be structs", { needs: ["bpf"] }, () => {
  const codec = struct({ name: cstr(6), count: u32 });
  using map = createMap(taskStorage(codec), { name: "subject" });
  map.set(process.pid, { name: "bee", count: 3 });
  assertEquals(map.get(process.pid), { name: "bee", count: 3 });
  assertEquals([map.info.keySize, map.info.valueSize], [4, 12]);
});
