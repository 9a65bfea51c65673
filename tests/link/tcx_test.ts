import { assertEquals, assertThrows } from "@std/assert";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u32 } from "../../src/codec/mod.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { attachNetkit, attachTcx, type DeviceProgramOptions, queryPrograms } from "../../src/link/mod.ts";
import { queue } from "../../src/map/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { eventually } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";
import { Network } from "./_network.ts";

const NEEDS = ["bpf", "tcx", "btf"] as const;

let port = 20_000;
for (const direction of ["ingress", "egress"] as const) {
  let network: Network | undefined;
  testLink({
    name: `attachTcx() to ${direction}`,
    type: "tcx",
    needs: NEEDS,
    fixture: "network",
    program: "on_frame",
    capability: "CAP_NET_ADMIN",
    wrong: { type: "xdp", message: "the program is of type xdp, not sched_cls" },
    prepare: () => network = new Network(),
    attach: (program) => attachTcx(program, network?.device ?? "", direction),
    fire(count) {
      port++;
      if (direction === "ingress") network?.send(port, count);
      else network?.sendBack(port, count);
      return [port];
    },
  });
}

function next(name: string): Program {
  return loadProgram({ name, type: "sched_cls", instructions: [mov(r0, -1), exit()] });
}

/** The names of the programs for packets that arrive. */
function names({ device }: Network): string[] {
  return queryPrograms({ device, attachType: "tcx_ingress" }).programs.map(({ name }) => name);
}

test("attachTcx() runs programs in the order that anchors ask for", { needs: NEEDS }, async () => {
  using network = new Network();
  using links = new DisposableStack();
  const { object } = await counter("network", "first", "second", "third");
  await using _object = object;
  const [first, second, third] = ["first", "second", "third"].map((name): Program =>
    object.programs.get(name)
  ) as [
    Program,
    Program,
    Program,
  ];
  const attach = (program: Program, options: DeviceProgramOptions) =>
    links.use(attachTcx(program, network.device, "ingress", { ...options, mode: "link" }));
  const order = object.maps.get("order", queue(u32));
  const ran = async () => {
    network.send(9, 1);
    const seen: number[] = [];
    await eventually(() => (seen.push(...order.drain()), seen.length >= 3));
    return seen;
  };

  const last = attach(third, { anchor: "last" });
  const head = attach(first, { anchor: "first" });
  attach(second, { anchor: { after: head } });
  assertEquals([names(network), await ran()], [["first", "second", "third"], [1, 2, 3]]);

  last.close();
  attach(third, { anchor: { before: { programId: first.info.id } } });
  assertEquals([names(network), await ran()], [["third", "first", "second"], [3, 1, 2]]);

  head.close();
  attach(first, { anchor: { before: second } });
  assertEquals(names(network), ["third", "first", "second"]);
});

test("attachTcx() heeds links by id, and revisions", { needs: NEEDS }, () => {
  using network = new Network();
  using a = next("a");
  using b = next("b");
  using c = next("c");
  using _b = attachTcx(b, network.device, "ingress");
  const { revision, programs } = queryPrograms({ device: network.device, attachType: "tcx_ingress" });
  assertEquals(programs, [{ id: b.info.id, name: "b", linkId: _b.info.id, flags: 0 }]);
  using _a = attachTcx(a, network.device, "ingress", {
    anchor: { before: { linkId: _b.info.id } },
    expectedRevision: revision,
  });
  assertEquals(names(network), ["a", "b"]);
  assertThrows(
    () => attachTcx(c, network.device, "ingress", { expectedRevision: revision }),
    SyscallError,
    `programs came or went since the expected revision: it is ${
      revision + 1n
    } now: attached there program "a" (id ${a.info.id})`,
  );
});

test("attachTcx() replaces what is attached without a link", { needs: NEEDS }, () => {
  using network = new Network();
  using a = next("a");
  using b = next("b");
  using c = next("c");
  using d = next("d");
  using attachments = new DisposableStack();
  const attach = (program: Program, options: DeviceProgramOptions) =>
    attachments.use(attachTcx(program, network.device, "ingress", { mode: "program", ...options }));
  attach(a, {});
  const linked = attachments.use(attachTcx(c, network.device, "ingress"));
  attach(b, { replace: a });
  assertEquals(names(network), ["b", "c"]);
  assertThrows(() => attach(d, { replace: c }), SyscallError, "is attached by a link: update that");
  assertThrows(
    () => attach(d, { replace: a }),
    SyscallError,
    "the anchor, or the program to replace, is not attached there",
  );
  assertThrows(() => attach(d, { replace: b, mode: "link" }), TypeError, "links replace nothing");
  linked.update(d, { replace: c });
  assertEquals(names(network), ["b", "d"]);
});

test("attachTcx() lasts in mode program until it is closed", { needs: NEEDS }, async () => {
  using network = new Network();
  const { object, hits } = await counter("network", "on_frame");
  await using _object = object;
  const attachment = attachTcx(object.programs.get("on_frame"), network.device, "ingress", {
    mode: "program",
  });
  network.send(++port, 3);
  assertEquals(await eventually(() => hitsOf(hits, [port]) === 3), true);
  attachment.close();
  attachment.close();
  assertEquals(names(network), []);
});

test("attachTcx() says what is attached", { needs: NEEDS }, () => {
  using network = new Network();
  using a = next("a");
  using b = next("b");
  using other = next("other");
  using _link = attachTcx(a, network.device, "ingress");
  const there = `attached there program "a" (id ${a.info.id})`;
  const refused = (program: Program, options: DeviceProgramOptions, message: string) =>
    assertThrows(() => attachTcx(program, network.device, "ingress", options), SyscallError, message + there);
  refused(a, {}, "the program is attached there already: ");
  refused(b, { anchor: { after: other } }, "is not attached there: ");
  assertThrows(
    () => attachTcx(b, `${network.device}y`, "ingress"),
    NotFoundError,
    `did you mean "${network.device}"`,
  );
});

test("attachNetkit() says what is no netkit device", { needs: NEEDS }, () => {
  using network = new Network();
  using program = next("program");
  for (const end of ["primary", "peer"] as const) {
    assertThrows(
      () => attachNetkit(program, network.device, end),
      NotSupportedError,
      `Cannot attach program "program" to device "${network.device}" (netkit_${end}): it is not the primary one of`,
    );
  }
});
