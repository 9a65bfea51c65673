import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import process from "node:process";
import { CompileError } from "../../src/errors.ts";
import { type Probe, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";
import { counter } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

/** What the kernel itself prints of a tracepoint while something is done, in a buffer of its own. */
function kernelsText(event: string, filter: string, body: () => void): string[] {
  const folder = `/sys/kernel/tracing/instances/waggle-${process.pid}`;
  mkdirSync(folder);
  try {
    writeFileSync(`${folder}/events/${event}/filter`, filter);
    writeFileSync(`${folder}/events/${event}/enable`, "1");
    body();
    writeFileSync(`${folder}/events/${event}/enable`, "0");
    return readFileSync(`${folder}/trace`, "utf8").split("\n").filter((line) =>
      line.includes("=") && !line.startsWith("#")
    );
  } finally {
    rmdirSync(folder);
  }
}

async function all<E>(probe: Probe<E>): Promise<E[]> {
  const found: E[] = [];
  for await (const event of probe.events({ timeout: 300 })) found.push(event);
  return found;
}

/** Runs sleep for a moment under a name of its own. */
function sleepAs(name: string): void {
  withFolder((folder) => {
    run("cp", ["/bin/sleep", `${folder}/${name}`]);
    spawnSync(`${folder}/${name}`, ["0.05"]);
  });
}

test("flags are shown as the kernel prints them", { needs: NEEDS }, async () => {
  const NAME = `wgf${process.pid}`;
  using probe = tracepoint("sched:sched_switch", { NAME }, (c, { NAME }) => {
    if (c.args.prev_comm === NAME) return { state: c.args.prev_state, number: c.args.prev_state + 0 };
  });
  using slept = counter();
  using _slept = tracepoint("sched:sched_switch", { NAME, slept }, (c, { NAME, slept }) => {
    if (c.args.prev_comm === NAME && c.args.prev_state === "S") slept.count();
  });
  const lines = kernelsText("sched/sched_switch", `prev_comm == "${NAME}"`, () => sleepAs(NAME));
  const theirs = lines.map((line) => /prev_state=(\S+)/.exec(line)?.[1]);
  const ours = await all(probe);
  assertEquals(ours.map(({ state }) => state), theirs);
  assertEquals(theirs.includes("S"), true);
  assertEquals(slept.get(), theirs.filter((state) => state === "S").length);
  assertEquals(ours.filter(({ number }) => number === 1).length, slept.get());
});

test("the flags of allocations are shown as the kernel prints them", { needs: NEEDS }, async () => {
  const NAME = `wgk${process.pid}`;
  using probe = tracepoint("kmem:kmalloc", { NAME }, (c, { NAME }) => {
    if (c.comm === NAME) return { flags: c.args.gfp_flags, size: c.args.bytes_req };
  });
  const lines = kernelsText("kmem/kmalloc", `comm == "${NAME}"`, () => sleepAs(NAME));
  const theirs = lines.map((line) => {
    const [, size, flags] = /bytes_req=(\d+) .*gfp_flags=(\S+)/.exec(line) ?? [];
    return { flags, size: Number(size) };
  });
  assertEquals(theirs.length > 0, true);
  assertEquals(await all(probe), theirs);
});

test("states of sockets have names, and addresses are text", { needs: NEEDS }, async () => {
  const PID = process.pid;
  using probe = tracepoint("sock:inet_sock_set_state", { PID }, (c, { PID }) => {
    const { args } = c;
    if (c.pid !== PID || args.newstate !== "TCP_SYN_SENT") return;
    return {
      from: args.oldstate,
      to: args.newstate,
      isNumber: args.newstate === 2,
      isEnumerator: args.newstate === c.enum("TCP_SYN_SENT"),
      protocol: args.protocol,
      family: args.family,
      four: args.daddr,
      six: args.daddr_v6,
      port: args.dport,
    };
  });
  using raw = rawTracepoint("inet_sock_set_state", { PID }, (c, { PID }) => {
    const { sk, newstate } = c.args;
    if (c.pid !== PID || newstate !== c.enum("TCP_SYN_SENT")) return;
    const common = sk.__sk_common;
    return { four: common.skc_daddr, six: common.skc_v6_daddr, port: common.skc_dport };
  });
  const ports: number[] = [];
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as { port: number };
    ports.push(port);
    await new Promise((resolve) => connect(port, host).resume().on("close", resolve));
    await new Promise((resolve) => server.close(resolve));
  }
  const [v4, v6] = await all(probe);
  const common = {
    from: "TCP_CLOSE",
    to: "TCP_SYN_SENT",
    isNumber: true,
    isEnumerator: true,
    protocol: "IPPROTO_TCP",
  };
  const [first, second] = [
    { four: "127.0.0.1", six: "::ffff:127.0.0.1", port: ports[0] },
    { six: "::1", port: ports[1] },
  ];
  assertEquals(v4, { ...common, family: "AF_INET", ...first });
  assertEquals({ ...v6, four: "" }, { ...common, family: "AF_INET6", four: "", ...second });
  const [raw4, raw6] = await all(raw);
  assertEquals([raw4?.four, raw4?.port], ["127.0.0.1", ports[0]]);
  assertEquals([raw6?.six, raw6?.port], ["::1", ports[1]]);
});

test(
  "modes and devices are as stat prints them, and structs of one member are that",
  { needs: NEEDS },
  async () => {
    using probe = rawTracepoint("sched_process_exec", (c) => {
      const inode = c.args.bprm.file.f_inode;
      return {
        pid: c.pid,
        mode: inode.i_mode,
        isFile: (inode.i_mode & 0o170000) === 0o100000,
        device: inode.i_sb.s_dev,
        uid: inode.i_uid,
        isRoot: inode.i_uid === 0,
        links: inode.i_nlink,
        capabilities: c.task.real_cred.cap_effective,
        limit: c.task.signal.rlim[7],
        limits: c.task.signal.rlim,
        weight: c.task.se.load,
        users: c.task.signal.sigcnt,
      };
    });
    const { pid } = spawnSync("/bin/true");
    const found = (await all(probe)).find((event) => event.pid === pid);
    const [mode, device = "", uid, links] = execFileSync("stat", [
      "-L",
      "-c",
      "%A %Hd:%Ld %u %h",
      "/bin/true",
    ], {
      encoding: "utf8",
    }).trim().split(" ");
    const limits = readFileSync("/proc/self/limits", "utf8").split("\n").slice(1, 17).map((line) => {
      const [soft, hard] = line.slice(26).trim().split(/\s+/);
      const value = (text: string | undefined) => text === "unlimited" ? 2n ** 64n - 1n : Number(text);
      return { rlim_cur: value(soft), rlim_max: value(hard) };
    });
    // /proc has them in the order of its table, not by number: fs/proc/base.c, lnames
    const files = limits.find((_, i) => i === 7);
    const { capabilities, weight, users, limits: arrays, ...rest } = found ?? {};
    assertEquals(rest, {
      pid,
      mode,
      isFile: true,
      device,
      uid: Number(uid),
      isRoot: uid === "0",
      links: Number(links),
      limit: files,
    });
    assertEquals(arrays, limits);
    const status = readFileSync("/proc/self/status", "utf8");
    assertEquals(BigInt(capabilities), BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1]}`));
    assertEquals(weight, { weight: 1024 * 1024, inv_weight: 4194304 }); // sched_prio_to_weight of nice 0
    assertEquals(users, 1);
  },
);

test("a name that a number cannot have is a fault", { needs: NEEDS }, () => {
  assertThrows(
    () =>
      tracepoint(
        "sock:inet_sock_set_state",
        (c) => c.args.newstate === "TCP_SYN_SEND" ? { a: 1 } : undefined,
      ),
    CompileError,
    'it is never "TCP_SYN_SEND": did you mean "TCP_SYN_SENT"',
  );
  assertThrows(
    () => tracepoint("sock:inet_sock_set_state", (c) => ({ a: c.enum("TCP_SYN_SEND") })),
    CompileError,
    'the kernel has no enumerator "TCP_SYN_SEND": did you mean "TCP_SYN_SENT"',
  );
  assertThrows(
    () =>
      rawTracepoint(
        "sched_process_exec",
        (c) => ({ a: c.task.dl }),
      ),
    CompileError,
    "which is not stored as a whole",
  );
});

test("keys have names, too", { needs: NEEDS }, () => {
  const NAME = `wgn${process.pid}`;
  using states = counter<string | number>();
  using _probe = tracepoint("sched:sched_switch", { NAME, states }, (c, { NAME, states }) => {
    if (c.args.prev_comm === NAME) states.count(c.args.prev_state);
  });
  sleepAs(NAME);
  assertEquals(states.get("S") > 0, true);
  const keys = [...states].map(([key]) => String(key)).join();
  assertMatch(keys, /^[SDXRZ+,|]+$/);
});
