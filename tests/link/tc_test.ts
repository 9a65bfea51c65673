import { assertEquals, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { native, systemCalls, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u32 } from "../../src/codec/mod.ts";
import { NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../../src/errors.ts";
import {
  attachTc,
  cleanupTc,
  listTc,
  removeTc,
  type TcAttachment,
  type TcOptions,
} from "../../src/link/mod.ts";
import { queue } from "../../src/map/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { eventually, type Facts, fixture } from "../_bpf.ts";
import { startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { counter, hitsOf } from "./_contract.ts";
import { Network } from "./_network.ts";
import { sendingInstead } from "./_old_kernel.ts";

const NEEDS = ["bpf", "btf", "tc"] as const;

let port = 21_000;

/** The qdiscs for filters that `tc` shows. */
function qdiscs({ device }: Network): unknown[] {
  const all = JSON.parse(run("tc", ["-j", "qdisc", "show", "dev", device])) as Facts[];
  return all.map(({ kind }) => kind).filter((kind) => kind === "clsact" || kind === "ingress");
}

/** The filters that `tc` shows, as {@linkcode listTc} would. */
function shownFilters({ device }: Network, direction: string): unknown[] {
  const all = JSON.parse(run("tc", ["-j", "filter", "show", "dev", device, direction])) as Facts[];
  return all.filter(({ options }) => options !== undefined).map(({ pref, chain, protocol, options }) => {
    const { handle, prog, ...rest } = options as Facts & { readonly prog: Facts };
    return {
      priority: pref,
      handle: Number(handle),
      chain,
      protocol: protocol === "all" ? 3 : protocol,
      programId: prog.id,
      tag: prog.tag,
      directAction: rest["direct-action"],
    };
  });
}

function next(name: string): Program {
  return loadProgram({ name, type: "sched_cls", instructions: [mov(r0, -1), exit()] });
}

/** Adds a filter by `tc`: from an object of `tests/bpf`. */
function addByTc({ device }: Network, ...options: readonly string[]): void {
  const object = fileURLToPath(fixture("network"));
  run("tc", ["filter", "add", "dev", device, "ingress", ...options, "bpf", "da", "obj", object, "sec", "tc"]);
}

/** What a program of the machine prints as it fails. */
function failed(run: () => void): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return "";
}

for (const direction of ["ingress", "egress"] as const) {
  test(`attachTc() to ${direction} runs the program once for each packet, until it is closed`, {
    needs: NEEDS,
  }, async () => {
    using network = new Network();
    const { object, hits } = await counter("network", "on_frame");
    await using _object = object;
    const fire = (packets: number) => {
      if (direction === "ingress") network.send(port, packets);
      else network.sendBack(port, packets);
    };
    port++;
    const filter = attachTc(object.programs.get("on_frame"), network.device, direction);
    assertEquals(qdiscs(network), ["clsact"]);
    fire(7);
    assertEquals(await eventually(() => hitsOf(hits, [port]) >= 7), true);
    assertEquals(hitsOf(hits, [port]), 7);
    filter.close();
    filter.close();
    assertEquals(qdiscs(network), []);
    fire(3);
    assertEquals(hitsOf(hits, [port]), 7);
  });
}

test("listTc() tells what tc does", { needs: NEEDS }, () => {
  using network = new Network();
  const { device } = network;
  using a = next("a");
  using b = next("b");
  assertEquals(listTc(device, "ingress"), []);
  using first = attachTc(a, device, "ingress");
  using second = attachTc(b, device, "ingress", { priority: 5, handle: 0xffff_ffff });
  using _third = attachTc(a, device, "ingress", { priority: 5 });
  addByTc(network, "prio", "6", "protocol", "all", "handle", "9", "chain", "2");
  const process_ = { pid: process.pid, alive: true };
  const listed = listTc(device, "ingress");
  assertEquals(listed.map(({ name: _, process: __, ...facts }) => facts), shownFilters(network, "ingress"));
  assertEquals(listed.map(({ name, process }) => [name, process]), [
    ["a", process_],
    ["b", process_],
    ["a", process_],
    ["network.bpf.o:[tc]", undefined],
  ]);
  assertEquals([first.priority, first.handle], [49152, 1]);
  assertEquals([second.priority, second.handle], [5, 0xffff_ffff]);
  assertEquals(listed.map(({ programId }) => programId).slice(0, 2), [a.info.id, b.info.id]);
  assertEquals([listed[1]?.tag, listed[1]?.directAction], [b.info.tag, true]);
  assertEquals(listTc(device, "egress"), []);
});

test("listTc() tells of more filters than one answer holds", { needs: NEEDS }, () => {
  using network = new Network();
  using program = next("program");
  using filters = new DisposableStack();
  for (let i = 0; i < 60; i++) filters.use(attachTc(program, network.device, "ingress", { priority: 1 }));
  const listed = listTc(network.device, "ingress");
  assertEquals(listed.length, 60);
  assertEquals(listed.map(({ name: _, process: __, ...facts }) => facts), shownFilters(network, "ingress"));
  filters.dispose();
  assertEquals(qdiscs(network), []);
});

test("attachTc() runs programs in the order of their priorities", { needs: NEEDS }, async () => {
  using network = new Network();
  using filters = new DisposableStack();
  const { object } = await counter("network", "first", "second", "third");
  await using _object = object;
  const order = object.maps.get("order", queue(u32));
  const attach = (name: string, options?: TcOptions) =>
    filters.use(attachTc(object.programs.get(name), network.device, "ingress", options));
  const ran = async () => {
    network.send(9, 1);
    const seen: number[] = [];
    await eventually(() => (seen.push(...order.drain()), seen.length >= 3));
    return seen;
  };
  attach("third");
  const second = attach("second");
  attach("first", { priority: 1 });
  assertEquals(await ran(), [1, 2, 3]);
  second.update(object.programs.get("third"));
  assertEquals(await ran(), [1, 3, 3]);
});

test("TcAttachment.update() and replace let no packet by", { needs: NEEDS }, async () => {
  using network = new Network();
  const { device } = network;
  const packets = 4000;
  const counters = [await counter("network", "on_frame"), await counter("network", "on_frame")] as const;
  await using _a = counters[0].object;
  await using _b = counters[1].object;
  const [a, b] = [
    counters[0].object.programs.get("on_frame"),
    counters[1].object.programs.get("on_frame"),
  ];
  const at = { priority: 3, handle: 4, replace: true };
  const filters = [attachTc(a, device, "ingress", at)];
  using _close = { [Symbol.dispose]: () => filters.forEach((filter) => filter.close()) };
  let done = false;
  const sent = network.sending(++port, packets).then(() => done = true);
  let swaps = 0;
  for (; !done; swaps++) {
    if (swaps % 4 === 3) filters.push(attachTc(b, device, "ingress", at));
    else filters.at(-1)?.update(swaps % 2 === 0 ? b : a);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await sent;
  const [inA, inB] = counters.map(({ hits }) => hitsOf(hits, [port])) as [number, number];
  assertEquals(inA + inB, packets);
  assertEquals([swaps > 8, inA > 0, inB > 0], [true, true, true]);
  assertEquals(listTc(device, "ingress").length, 1);
});

test("an attachment of attachTc() leaves alone what took its place", { needs: NEEDS }, () => {
  using network = new Network();
  using a = next("a");
  using b = next("b");
  const at = { priority: 3, handle: 4 };
  const replaced = attachTc(a, network.device, "ingress", at);
  using filter = attachTc(b, network.device, "ingress", { ...at, replace: true });
  replaced.close();
  assertEquals(listTc(network.device, "ingress").map(({ programId }) => programId), [b.info.id]);
  removeTc(network.device, "ingress", filter);
  assertEquals(qdiscs(network), []);
  assertThrows(() => filter.update(a), NotFoundError, "the filter to update was removed");
});

test("attachTc() removes the qdisc that it made with the last filter", { needs: NEEDS }, () => {
  using network = new Network();
  const { device } = network;
  using program = next("program");
  const attach = () => attachTc(program, device, "ingress");
  const [first, second] = [attach(), attach()] as const;
  const third = attachTc(program, device, "egress");
  for (const filter of [first, third]) {
    filter.close();
    assertEquals(qdiscs(network), ["clsact"]);
  }
  second.close();
  assertEquals(qdiscs(network), []);

  const ours = attach();
  addByTc(network);
  ours.close();
  assertEquals([listTc(device, "ingress").length, qdiscs(network)], [1, ["clsact"]]);
  run("tc", ["qdisc", "delete", "dev", device, "clsact"]);

  run("tc", ["qdisc", "add", "dev", device, "clsact"]);
  attach().close();
  assertEquals([listTc(device, "ingress").length, qdiscs(network)], [0, ["clsact"]]);
});

test("an attachment of attachTc() may outlive its qdisc and its device", { needs: NEEDS }, () => {
  using program = next("program");
  const filters: TcAttachment[] = [];
  {
    using network = new Network();
    filters.push(attachTc(program, network.device, "ingress"));
    run("tc", ["qdisc", "delete", "dev", network.device, "clsact"]);
    filters[0]?.close();
    filters.push(attachTc(program, network.device, "ingress"));
  }
  filters[1]?.close();
});

test("removeTc() removes filters of others", { needs: NEEDS }, () => {
  using network = new Network();
  const { device } = network;
  using program = next("program");
  using _ours = attachTc(program, device, "ingress", { priority: 1 });
  addByTc(network, "prio", "6", "protocol", "ip", "handle", "9", "chain", "2");
  const theirs = listTc(device, "ingress")[1] ?? { priority: 0, handle: 0 };
  assertEquals([theirs.priority, theirs.handle], [6, 9]);
  const { id } = program.info;
  assertThrows(
    () => removeTc(device, "ingress", { priority: 6, handle: 9 }),
    NotFoundError,
    `Cannot remove filter 0x9 of priority 6 from device "${device}" (ingress): it is not there: there is ` +
      `filter 0x1 of priority 1 (program "program" (id ${id}), of process ${process.pid}), filter 0x9`,
  );
  removeTc(device, "ingress", theirs);
  assertEquals(listTc(device, "ingress").map(({ programId }) => programId), [id]);
  assertThrows(
    () => removeTc(device, "egress", { priority: 6, handle: 9 }),
    NotFoundError,
    "(egress): it is not there: there is no filter",
  );
});

test("attachTc() says why the kernel refuses", { needs: NEEDS }, () => {
  using network = new Network();
  const { device } = network;
  using a = next("a");
  using xdp = loadProgram({ name: "xdp", type: "xdp", instructions: [mov(r0, 0), exit()] });
  const refused = (
    program: Program,
    options: TcOptions,
    type: typeof TypeError | typeof RangeError | typeof SyscallError,
    message: string,
  ) => assertThrows(() => attachTc(program, device, "ingress", options), type, message);
  const what = `Cannot create a filter of program "a" at device "${device}" (ingress): `;

  refused(xdp, {}, TypeError, "the program is of type xdp, not sched_cls");
  assertEquals(qdiscs(network), []);

  const at = { priority: 5, handle: 7 };
  using _first = attachTc(a, device, "ingress", at);
  refused(
    a,
    at,
    SyscallError,
    `exists already (EEXIST from netlink(RTM_NEWTFILTER)): there is filter 0x7 of priority 5 ` +
      `(program "a" (id ${a.info.id}), of process ${process.pid}): replace it, or take another handle`,
  );
  addByTc(network, "prio", "6", "protocol", "ip");
  const words = /^Error: (.*)\.$/m.exec(failed(() => addByTc(network, "prio", "6", "protocol", "arp")))?.[1];
  refused(a, { priority: 6 }, SyscallError, `(EINVAL from netlink(RTM_NEWTFILTER)): ${words}`);

  refused(a, { priority: 0 }, RangeError, `${what}priority 0 is not from 1 to 65535`);
  refused(a, { priority: 65_536 }, RangeError, "priority 65536 is not from 1 to 65535");
  refused(a, { handle: 1.5 }, RangeError, "handle 1.5 is not from 1 to 4294967295");
  refused(
    a,
    { handle: 1, replace: true },
    TypeError,
    "to replace a filter takes its priority and its handle",
  );
  assertThrows(
    () => attachTc(a, `${device}y`, "ingress"),
    NotFoundError,
    `did you mean "${device}"`,
  );
  assertThrows(() => listTc(`${device}y`, "ingress"), NotFoundError, `did you mean "${device}"`);
});

test("attachTc() to egress refuses a qdisc that is for ingress", { needs: NEEDS }, () => {
  using network = new Network();
  const { device } = network;
  using program = next("program");
  run("tc", ["qdisc", "add", "dev", device, "ingress"]);
  assertThrows(
    () => attachTc(program, device, "egress"),
    NotSupportedError,
    'the device has the qdisc "ingress", which is for packets that arrive alone: replace it by "clsact"',
  );
  assertEquals(listTc(device, "ingress"), []);
  attachTc(program, device, "ingress").close();
  assertEquals(qdiscs(network), ["ingress"]);
});

test("attachTc() says what the kernel lacks", { needs: NEEDS }, () => {
  using network = new Network();
  using program = next("program");
  const bytes = (text: string) => [...new TextEncoder().encode(`${text}\0`)];
  const refused = (kind: string, type: typeof NotSupportedError | typeof SyscallError, message: string) => {
    using _native = useNative(sendingInstead(bytes(kind), bytes(kind.replace(/./g, "x"))));
    assertThrows(() => attachTc(program, network.device, "ingress"), type, message);
  };
  refused("clsact", NotSupportedError, 'this kernel lacks the qdisc "clsact"');
  refused("bpf", SyscallError, 'the kernel is built without filters of kind "bpf" (CONFIG_NET_CLS_BPF)');
  assertEquals(qdiscs(network), []);
});

test("attachTc() says which capability lacks", { needs: NEEDS }, () => {
  using network = new Network();
  using program = next("program");
  const filter = attachTc(program, network.device, "ingress");
  {
    // This kernel, as if it refused to send to rtnetlink
    const real = native();
    const { sendto } = systemCalls(real.arch);
    using _native = useNative({
      ...real,
      syscall: (number, ...args) => number === sendto ? -1 : real.syscall(number, ...args),
    });
    assertThrows(
      () => attachTc(program, network.device, "ingress"),
      PermissionError,
      "not permitted: it has CAP_NET_ADMIN",
    );
  }
  filter.close();
});

test(
  "what a killed process attached with attachTc() is listed and cleaned up",
  { needs: NEEDS },
  async () => {
    using network = new Network();
    const { device } = network;
    using running = next("left");
    using _running = attachTc(running, device, "egress");
    const pid = await killed(device);
    const found = (direction: "ingress" | "egress") =>
      listTc(device, direction).map(({ name, process }) => [name, process?.pid, process?.alive]);
    assertEquals(found("ingress"), [["left", pid, false], ["other", pid, false]]);
    assertEquals(found("egress"), [["left", pid, false], ["left", process.pid, true]]);

    using left = next("left");
    using filter = attachTc(left, device, "ingress", { priority: 5, handle: 7 });
    assertEquals(found("ingress"), [["left", process.pid, true], ["other", pid, false]]);
    const removed = cleanupTc().filter((filter) => filter.device === device);
    assertEquals(removed.map(({ direction, name, process }) => [direction, name, process?.pid]), [
      ["ingress", "other", pid],
      ["egress", "left", pid],
    ]);
    assertEquals(found("ingress"), [["left", process.pid, true]]);
    filter.close();
    assertEquals([found("egress"), qdiscs(network)], [[["left", process.pid, true]], ["clsact"]]);
  },
);

test("cleanupTc() removes the qdisc of a killed process", { needs: NEEDS }, async () => {
  using network = new Network();
  await killed(network.device);
  assertEquals(cleanupTc().filter(({ device }) => device === network.device).length, 3);
  assertEquals(qdiscs(network), []);
});

/** Attaches by a script that is killed then. Returns the number that it had. */
async function killed(device: string): Promise<number> {
  const script = startScript(new URL("_attached_tc.ts", import.meta.url), { args: [device] });
  const [pid] = await once(createInterface(script.stdout ?? process.stdin), "line");
  script.kill("SIGKILL");
  await once(script, "close");
  return Number(pid);
}

test("cleanupTc() leaves what another PID namespace has", { needs: NEEDS }, async () => {
  using network = new Network();
  const { device } = network;
  const script = fileURLToPath(new URL("_attached_tc.ts", import.meta.url));
  const flags = process.versions["bun"] === undefined ? ["run", "-A", "--no-check", "--no-config"] : [];
  const child = spawn("unshare", [
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    process.execPath,
    ...flags,
    script,
    device,
  ]);
  const [pid] = await once(createInterface(child.stdout), "line");
  const state = () => listTc(device, "ingress").map(({ process }) => process);
  const process_ = { pid: Number(pid), alive: undefined };
  assertEquals(state(), [process_, process_]);
  assertEquals(cleanupTc().filter((filter) => filter.device === device), []);
  assertEquals(state(), [process_, process_]);
  child.kill("SIGKILL");
  await once(child, "close");
});
