import { assertEquals, assertThrows } from "@std/assert";
import { type Btf, parseBtf } from "../../src/btf/mod.ts";
import { NotFoundError } from "../../src/errors.ts";
import { kernelBtf } from "../../src/kernel/mod.ts";
import { PACKET_TYPES } from "../../src/testing/_packet_types.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { rawTracepoint, tracepoint, uprobe, uretprobe } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

/** What comes out of events that are there. */
async function all<T>(events: { events(options: { timeout: number }): AsyncIterable<T> }): Promise<T[]> {
  return await Array.fromAsync(events.events({ timeout: 0 }));
}

test("a tracepoint has the fields that the test gives", { needs: ["bpf", "tracefs"] }, async () => {
  const kernel = new TestKernel({ task: { pid: 3, comm: "sh" } });
  using switches = tracepoint("sched:sched_switch", { kernel }, (c) => ({
    comm: c.comm,
    from: c.str(c.args.prev_comm),
    to: c.args.next_pid,
    priority: c.args.next_prio,
  }));
  kernel.program(switches).run({ args: { prev_comm: "bash", next_pid: 77, next_prio: -5 } });
  kernel.program(switches).run();
  assertEquals(await all(switches), [
    { comm: "sh", from: "bash", to: 77, priority: -5 },
    { comm: "sh", from: "", to: 0, priority: 0 },
  ]);
  assertThrows(
    () => kernel.program(switches).run({ args: { next_pidd: 1 } }),
    NotFoundError,
    'no argument "next_pidd": did you mean "next_pid"',
  );
  using opens = tracepoint("syscalls:sys_enter_openat", { kernel }, (c) => ({
    file: c.str(c.args.filename, 64),
  }));
  kernel.program(opens).run({ args: { filename: "/etc/passwd" } });
  using execs = tracepoint("sched:sched_process_exec", { kernel }, (c) => ({
    file: c.str(c.args.filename),
    pid: c.args.pid,
  }));
  kernel.program(execs).run({ args: { filename: "/bin/true", pid: 9 } });
  assertEquals(await all(opens), [{ file: "/etc/passwd" }]);
  assertEquals(await all(execs), [{ file: "/bin/true", pid: 9 }]);
});

test("structs of the kernel are those that the test makes", { needs: ["bpf", "btf"] }, async () => {
  const kernel = new TestKernel();
  using probe = rawTracepoint("sched_switch", { kernel }, (c) => ({
    preempt: c.args.preempt,
    from: c.kstr(c.args.prev.comm),
    parent: c.args.next.real_parent.tgid,
    start: c.args.next.mm.arg_start,
    own: c.task.tgid,
  }));
  kernel.program(probe).run({
    args: {
      preempt: true,
      prev: { comm: "init", pid: 1 },
      next: { pid: 2, real_parent: { tgid: 17 }, mm: { arg_start: 0x7fff_0000_1234n } },
    },
    task: { tgid: 99 },
  });
  assertEquals(await all(probe), [{
    preempt: true,
    from: "init",
    parent: 17,
    start: 0x7fff_0000_1234,
    own: 99,
  }]);
});

test("arguments and results of programs are in their registers", { needs: ["bpf", "btf"] }, async () => {
  const kernel = new TestKernel();
  using calls = uprobe(
    "libc:write",
    { kernel },
    (c) => ({ fd: c.args[0], text: c.str(c.args[1], 16), size: c.args[2] }),
  );
  kernel.program(calls).run({ args: [3, "hello", 5n] });
  using returns = uretprobe("libc:read", { kernel }, (c) => ({ size: c.retval }));
  kernel.program(returns).run({ retval: -11 });
  assertEquals(await all(calls), [{ fd: 3, text: "hello", size: 5 }]);
  assertEquals(await all(returns).then(([first]) => BigInt.asIntN(64, BigInt(first?.size ?? 0))), -11n);
});

test("headers of packets have the layout of the kernel's", { needs: ["btf"] }, () => {
  const [ours, kernel] = [parseBtf(Uint8Array.fromBase64(PACKET_TYPES)), kernelBtf()];
  const idOf = (btf: Btf, name: string) => btf.find(name, "struct")?.id ?? 0;
  for (
    const name of [
      "ethhdr",
      "vlan_hdr",
      "arphdr",
      "iphdr",
      "ipv6hdr",
      "tcphdr",
      "udphdr",
      "icmphdr",
      "icmp6hdr",
    ]
  ) {
    assertEquals(shapeOf(ours, idOf(ours, name)), shapeOf(kernel, idOf(kernel, name)), name);
  }
});

/** Names, places and sizes. */
function shapeOf(btf: Btf, id: number): unknown {
  const type = btf.type(id);
  if (type.kind !== "struct") throw new Error(`no struct has id ${id}`);
  return [
    type.size,
    type.members.map((
      { name, bitOffset, bitSize, typeId },
    ) => [name, bitOffset, bitSize, btf.nameOf(typeId)]),
  ];
}
