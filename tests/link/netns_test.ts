import { assertEquals, assertThrows } from "@std/assert";
import process from "node:process";
import { addressOf, keepAlive } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotFoundError, SyscallError } from "../../src/errors.ts";
import { attachNetns, packetSocket, queryPrograms } from "../../src/link/mod.ts";
import { sockMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { allocate, inodeNumber } from "../../src/sys/mod.ts";
import { eventually, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { AF_INET, Connection, Socket, STREAM, udpSocket } from "../map/_sockets.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";
import { Namespace } from "./_namespace.ts";

const NEEDS = ["bpf", "network", "btf"] as const;

/** A datagram for a port as a frame of Ethernet. */
function frame(port: number): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, 0x0800);
  bytes.set([0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1], 14);
  view.setUint16(36, port);
  view.setUint16(38, 30);
  return bytes;
}

let port = 20_000;

const HOOKS = {
  sk_lookup: {
    program: "on_lookup",
    fire(count: number) {
      using receiver = udpSocket();
      using sender = udpSocket();
      for (let i = 0; i < count; i++) sender.send([i], receiver.port);
      return [receiver.port];
    },
  },
  // The kernel takes frames apart that a process sends without saying where their headers end
  flow_dissector: {
    program: "on_flow",
    fire(count: number) {
      using socket = packetSocket("lo");
      port++;
      for (let i = 0; i < count; i++) socket.send(frame(port));
      return [port];
    },
  },
} as const;

for (const [attachType, { program, fire }] of Object.entries(HOOKS)) {
  let namespace: Namespace | undefined;
  testLink({
    name: `attachNetns() as ${attachType}`,
    type: "netns",
    needs: NEEDS,
    fixture: "network",
    program,
    capability: "CAP_NET_ADMIN",
    wrong: { type: "xdp", message: "the program is of type xdp, not one of sk_lookup, flow_dissector" },
    prepare: () => namespace = new Namespace(),
    attach: (program) => attachNetns(program, namespace?.path ?? ""),
    fire: (count) => namespace?.inside(() => fire(count)) ?? [],
  });
}

test("attachNetns() is where bpftool sees it", { needs: [...NEEDS, "bpftool"] }, async () => {
  using namespace = new Namespace();
  const { object } = await counter("network", "on_lookup", "on_flow");
  await using _object = object;
  for (const attachType of ["sk_lookup", "flow_dissector"] as const) {
    const program = object.programs.get(HOOKS[attachType].program);
    using link = attachNetns(program, namespace.path);
    const inode = Number(inodeNumber(namespace.path));
    assertEquals(link.info, {
      id: link.info.id,
      programId: program.info.id,
      type: "netns",
      inode,
      attachType,
    });
    const facts = shown("link", link.info.id);
    assertEquals([facts.netns_ino, facts.attach_type], [inode, attachType]);
    const { programs } = queryPrograms({ netns: namespace.path, attachType });
    assertEquals(programs, [{ id: program.info.id, name: program.name, linkId: link.info.id, flags: 0 }]);
    link.detach();
    assertEquals(queryPrograms({ netns: namespace.path, attachType }).programs, []);
  }
});

/** `struct sockaddr_in` of a port of this machine. */
function address(port: number): Uint8Array<ArrayBuffer> {
  const bytes = allocate(16);
  bytes.set([AF_INET, 0, port >> 8, port & 0xff, 127, 0, 0, 1]);
  return bytes;
}

test("a program of attachNetns() steers connections to a socket", { needs: NEEDS }, async () => {
  using namespace = new Namespace();
  const { object, hits } = await counter("network", "steer", "on_lookup");
  await using _object = object;
  using connection = namespace.inside(() => new Connection());
  object.maps.get("sockets", sockMap()).set(0, connection.listener.fd);
  const to = address(4321);
  using client = namespace.inside(() => new Socket(AF_INET, STREAM));
  const connect = () => client.call("connect", addressOf(to), to.length);
  assertThrows(connect, SyscallError, "ECONNREFUSED");
  using link = attachNetns(object.programs.get("on_lookup"), namespace.path);
  link.update(object.programs.get("steer"));
  using steered = namespace.inside(() => new Socket(AF_INET, STREAM));
  steered.call("connect", addressOf(to), to.length);
  keepAlive(to);
  using accepted = new Socket(AF_INET, STREAM, connection.listener.call("accept4", 0, 0, 0x80000));
  steered.send([1, 2, 3]);
  let received: number[] | undefined;
  assertEquals(await eventually(() => (received = accepted.receive()) !== undefined), true);
  assertEquals([received, accepted.port, hitsOf(hits, [4321])], [[1, 2, 3], 4321, 1]);
});

test("attachNetns() says which flow dissector is there", { needs: NEEDS }, async () => {
  using namespace = new Namespace();
  const { object } = await counter("network", "on_flow");
  await using _object = object;
  using _link = attachNetns(object.programs.get("on_flow"), namespace.path);
  using other = loadProgram({ name: "other", type: "flow_dissector", instructions: [mov(r0, 0), exit()] });
  assertThrows(
    () => attachNetns(other, namespace.path),
    SyscallError,
    `attached there program "on_flow" (id ${object.programs.get("on_flow").info.id})`,
  );
});

test("attachNetns() takes processes and files of namespaces", { needs: NEEDS }, async () => {
  const { object } = await counter("network", "on_lookup");
  await using _object = object;
  const program = object.programs.get("on_lookup");
  const own = Number(inodeNumber("/proc/self/ns/net"));
  for (const netns of ["self", process.pid] as const) {
    using link = attachNetns(program, netns);
    assertEquals(link.info.type === "netns" && link.info.inode, own);
  }
  const name = `/run/netns/waggle-no-${process.pid}`;
  assertThrows(
    () => attachNetns(program, name),
    NotFoundError,
    `Cannot find network namespace "${name}": there is`,
  );
  using namespace = new Namespace();
  assertThrows(
    () => attachNetns(program, namespace.path.replace("waggle", "wagle")),
    NotFoundError,
    `did you mean "${namespace.name}"`,
  );
  assertThrows(() => attachNetns(program, 0x7fff_fff0), NotFoundError, "there is no such process");
  assertThrows(
    () => attachNetns(program, "/proc/self/ns/mnt"),
    SyscallError,
    "it is not a network namespace",
  );
});
