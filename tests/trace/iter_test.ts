import { assert, assertEquals, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import process from "node:process";
import { u32 } from "../../src/codec/mod.ts";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { counter, iter } from "../../src/trace/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf"] as const;

test("iter() lists the threads that /proc has", { needs: NEEDS }, () => {
  using threads = iter("task", (c) => ({ pid: c.task.tgid, tid: c.task.pid, comm: c.str(c.task.comm) }));
  const own = () => [...threads].filter(({ pid }) => pid === process.pid);
  const listed = new Map(own().map(({ tid, comm }) => [`${tid}`, comm]));
  const tids = readdirSync("/proc/self/task");
  assert(tids.every((tid) => listed.has(tid)), `${tids} of ${[...listed.keys()]}`);
  assertEquals(listed.get(`${process.pid}`), readFileSync("/proc/self/comm", "utf8").trim());
  const all = [...threads];
  assert(all.some(({ pid, tid }) => pid === process.ppid && tid === process.ppid));
  // Behind the last one, the kernel calls once more without one
  assertEquals(all.filter(({ tid }) => tid === 0).length, 0);
});

test("iter() runs anew each time", { needs: NEEDS }, async () => {
  using pids = iter("task", (c) => ({ pid: c.task.tgid }));
  const has = (wanted: number | undefined) => [...pids].some(({ pid }) => pid === wanted);
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  assertEquals(has(child.pid), true);
  child.kill();
  await once(child, "exit");
  assertEquals(has(child.pid), false);
});

test("iter() lists the open files of one process", { needs: NEEDS }, async () => {
  const child = spawn("sleep", ["60"], { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  try {
    const { pid = 0 } = child;
    using files = iter(
      "task_file",
      { pid },
      (c, { pid }) => {
        if (c.task.tgid !== pid) return;
        return { fd: c.fd, name: c.str(c.file.f_path.dentry.d_name.name, 64), inode: c.file.f_inode.i_ino };
      },
    );
    const fds = readdirSync(`/proc/${pid}/fd`).map(Number).sort((a, b) => a - b);
    const seen = [...files].sort((a, b) => a.fd - b.fd);
    assertEquals(seen.map(({ fd }) => fd), fds);
    assertEquals(seen.find(({ fd }) => fd === 1)?.name, "null");
    const pipe = readlinkSync(`/proc/${pid}/fd/0`);
    assert(pipe.includes(`${seen.find(({ fd }) => fd === 0)?.inode}`), pipe);
  } finally {
    child.kill();
    await once(child, "exit");
  }
});

test("iter() lists sockets, with what they are bound to", { needs: NEEDS }, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  using sockets = iter("tcp", (c) => ({
    port: c.sk_common.skc_num,
    address: c.sk_common.skc_rcv_saddr,
    state: c.sk_common.skc_state,
    uid: c.uid,
  }));
  const found = [...sockets].filter((socket) => socket.port === port);
  server.close();
  const uid = process.getuid?.() ?? -1;
  // 10 is TCP_LISTEN
  assertEquals(found, [{ port, address: "127.0.0.1", state: 10, uid }] as unknown as typeof found);
  assertEquals([...sockets].some((socket) => socket.port === port && socket.state === 10), false);
});

test("iter() lists the maps that bpftool does", { needs: [...NEEDS, "bpftool"] }, () => {
  using _own = createMap(array(u32), { name: "listed", maxEntries: 7 });
  using _other = createMap(array(u32), { name: "other", maxEntries: 8 });
  using maps = iter("bpf_map", (c) => {
    if (c.map.max_entries === 7) return { id: c.map.id, special: true, name: c.str(c.map.name) };
    return { id: c.map.id };
  });
  const listed = [...maps];
  const { id } = (bpftool("map", "show") as Facts[]).find(({ name }) => name === "listed") ?? {};
  assertEquals<unknown>(listed.filter((row) => row.id === id), [{ id, special: true, name: "listed" }]);
  assert(listed.length > 1 && listed.some((row) => !("name" in row)));
});

test("iter() lists what options say, and counts for the script", { needs: [...NEEDS, "cgroup"] }, () => {
  using outer = new Cgroup();
  using inner = new Cgroup(outer.path);
  using seen = counter<string>();
  using cgroups = iter("cgroup", { seen }, (c, { seen }) => {
    seen.count(c.str(c.cgroup.kn.name, 64));
    return { id: c.cgroup.kn.id };
  }, { cgroup: outer.path, order: "descendants-pre" });
  assertEquals([...cgroups].map(({ id }) => BigInt(id)), [outer.id, inner.id]);
  assertEquals([...cgroups].length, 2);
  assertEquals(new Map(seen), new Map([outer, inner].map(({ path }) => [path.split("/").at(-1) ?? "", 2])));
});

test("iter() goes through more than fits one read", { needs: NEEDS }, async () => {
  const child = spawn("cat");
  try {
    // What it answers, it has its memory for
    child.stdin.write("ready");
    await once(child.stdout, "data");
    // Of all processes, which are thousands; the kernel writes 8 pages at a time
    using areas = iter("task_vma", (c) => ({
      pid: c.task.pid,
      from: c.vma.vm_start,
      to: c.vma.vm_end,
      comm: c.str(c.task.comm, 128),
    }));
    const all = [...areas];
    assert(all.length * 152 > 8 * 4096, `${all.length}`);
    const seen = all.filter(({ pid }) => pid === child.pid).map(({ from, to }) => `${hex(from)}-${hex(to)}`);
    const maps = readFileSync(`/proc/${child.pid}/maps`, "utf8").match(/^\S+/gm) ?? [];
    // The page at the top is in no list of the process: [vsyscall]
    assertEquals(seen, maps.filter((area) => !area.startsWith("ffffffffff6")));
  } finally {
    child.kill();
    await once(child, "exit");
  }
});

/** As /proc has addresses. */
function hex(address: number): string {
  return address.toString(16).padStart(8, "0");
}

test("iter() names what is not there", { needs: NEEDS }, () => {
  assertThrows(
    () => iter("taks", (c) => ({ pid: c.task.pid })),
    NotFoundError,
    'Cannot list "taks": the kernel has no such lists: did you mean "task"?',
  );
  assertThrows(
    () => iter("task", (c) => ({ pid: c.tsk.pid })),
    CompileError,
    'the context has no "tsk": did you mean "task"?',
  );
  assertThrows(
    () => iter("task", (c) => ({ long: c.str(c.task.comm, 16), a: c.kstr(0, 400), b: c.kstr(0, 400) })),
    CompileError,
    "bytes of stack",
  );
});
