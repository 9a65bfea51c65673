import { assertEquals, assertThrows } from "@std/assert";
import process from "node:process";
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotFoundError, SyscallError } from "../../src/errors.ts";
import {
  type Anchor,
  attachCgroup,
  type Attachment,
  type CgroupHook,
  type CgroupOptions,
  queryPrograms,
} from "../../src/link/mod.ts";
import { load } from "../../src/object/mod.ts";
import { loadProgram, type Program, type ProgramType } from "../../src/program/mod.ts";
import { openFile, readTextFile } from "../../src/sys/mod.ts";
import { bpftool, eventually, type Facts, fixture } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { type Need, test } from "../_harness.ts";
import { AF_INET, Connection, DATAGRAM, Socket, SOL_SOCKET, udpSocket } from "../map/_sockets.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";

const NEEDS = ["bpf", "cgroup", "btf"] as const;
const AF_UNIX = 1;
const SO_TYPE = 3;

/** What is done by a process in the cgroup, and the keys that it is counted under. */
interface Hook {
  readonly program: string;
  readonly attachType: CgroupHook;
  readonly programType: ProgramType;
  readonly needs?: readonly Need[];
  fire(count: number): number[];
}

/** Sends datagrams to a socket, both of the cgroup. */
function datagrams(count: number): number[] {
  using receiver = udpSocket();
  using sender = udpSocket();
  const { port } = receiver;
  for (let i = 0; i < count; i++) sender.send([i], port);
  return [port];
}

function times(count: number, keys: readonly number[], act: () => void): number[] {
  for (let i = 0; i < count; i++) act();
  return [...keys];
}

/** Connects to a name of the abstract name space that nobody has. */
function connectUnix(): void {
  using socket = new Socket(AF_UNIX, DATAGRAM);
  const address = allocate(8);
  address.set([AF_UNIX, 0, 0, ...new TextEncoder().encode("nobdy")]);
  assertThrows(() => socket.call("connect", addressOf(address), address.length), SyscallError);
  keepAlive(address);
}

const HOOKS: readonly Hook[] = [
  { program: "on_ingress", attachType: "cgroup_inet_ingress", programType: "cgroup_skb", fire: datagrams },
  { program: "on_egress", attachType: "cgroup_inet_egress", programType: "cgroup_skb", fire: datagrams },
  {
    program: "on_socket",
    attachType: "cgroup_inet_sock_create",
    programType: "cgroup_sock",
    fire: (count) => times(count, [DATAGRAM], () => new Socket(AF_INET, DATAGRAM)[Symbol.dispose]()),
  },
  {
    program: "on_connect",
    attachType: "cgroup_inet4_connect",
    programType: "cgroup_sock_addr",
    fire(count) {
      const address = allocate(16);
      address.set([AF_INET, 0, 4, 210, 127, 0, 0, 1]);
      using socket = new Socket(AF_INET, DATAGRAM);
      times(count, [], () => socket.call("connect", addressOf(address), address.length));
      keepAlive(address);
      return [1234];
    },
  },
  {
    program: "on_connect_unix",
    attachType: "cgroup_unix_connect",
    programType: "cgroup_sock_addr",
    needs: ["cgroup-unix"],
    fire: (count) => times(count, [AF_UNIX], connectUnix),
  },
  {
    program: "on_option",
    attachType: "cgroup_getsockopt",
    programType: "cgroup_sockopt",
    fire(count) {
      using socket = new Socket(AF_INET, DATAGRAM);
      return times(count, [SO_TYPE], () => socket.option(SOL_SOCKET, SO_TYPE, 4));
    },
  },
  {
    program: "on_sysctl",
    attachType: "cgroup_sysctl",
    programType: "cgroup_sysctl",
    fire: (count) => times(count, [0], () => readTextFile("/proc/sys/kernel/ostype")),
  },
  {
    program: "on_device",
    attachType: "cgroup_device",
    programType: "cgroup_device",
    fire: (count) => times(count, [0x103], () => openFile("/dev/null").close()),
  },
  {
    program: "on_connection",
    attachType: "cgroup_sock_ops",
    programType: "sock_ops",
    fire: (count) =>
      Array.from({ length: count }, () => {
        using connection = new Connection();
        return connection.listener.port;
      }),
  },
];

for (const { program, attachType, programType, needs = [], fire } of HOOKS) {
  let cgroup: Cgroup | undefined;
  const path = () => cgroup?.path ?? "";
  // The kernel takes any program of this type for both directions
  const given = programType === "cgroup_skb" ? { attachType } : {};
  testLink({
    name: `attachCgroup() as ${attachType}`,
    type: "cgroup",
    needs: [...NEEDS, ...needs],
    fixture: "network",
    program,
    capability: "CAP_NET_ADMIN",
    wrong: {
      type: "xdp",
      message: `the program is of type xdp, not ${
        programType === "cgroup_skb" ? programType : "one of cgroup_skb, cgroup_sock, "
      }`,
    },
    prepare: () => cgroup = new Cgroup(),
    attach: (program) => attachCgroup(program, path(), given),
    fire(count) {
      using _ = cgroup?.enter();
      return fire(count);
    },
  });

  test(`attachCgroup() as ${attachType} is where bpftool sees it`, {
    needs: [...NEEDS, ...needs, "bpftool"],
  }, async () => {
    using cgroup = new Cgroup();
    const { object } = await counter("network", program);
    await using _object = object;
    const loaded = object.programs.get(program);
    using link = attachCgroup(loaded, cgroup.path, given);
    assertEquals(link.info, {
      id: link.info.id,
      programId: loaded.info.id,
      type: "cgroup",
      cgroupId: cgroup.id,
      attachType,
    });
    // bpftool 7.1 knows no hooks of Unix sockets
    if (attachType !== "cgroup_unix_connect") assertEquals(shownIds(cgroup), [loaded.info.id]);
    assertEquals(
      queryPrograms({ cgroup: cgroup.path, attachType }).programs.map((
        { id, name, linkId },
      ) => [id, name, linkId]),
      [[loaded.info.id, program.slice(0, 15), link.info.id]],
    );
    using other = loadProgram({ name: "other", type: "xdp", instructions: [mov(r0, 2), exit()] });
    assertThrows(() => attachCgroup(other, cgroup.path, { attachType }), TypeError, `not ${programType}`);
  });
}

/** The programs of a cgroup, as bpftool lists them. */
function shownIds(cgroup: Cgroup): unknown[] {
  return (bpftool("cgroup", "show", cgroup.path) as Facts[]).map(({ id }) => id);
}

function egress(name = "egress"): Program {
  return loadProgram({
    name,
    type: "cgroup_skb",
    instructions: [mov(r0, 1), exit()],
  });
}

const AS_EGRESS = { attachType: "cgroup_inet_egress" } as const;

test("attachCgroup() asks for the attach type of programs that fit several", { needs: NEEDS }, async () => {
  await using object = await load(fixture("network"), { only: ["on_either"] });
  using cgroup = new Cgroup();
  const program = object.programs.get("on_either");
  assertThrows(
    () => attachCgroup(program, cgroup.path),
    TypeError,
    'may be attached as any of several: give attachType: "cgroup_inet_ingress" or "cgroup_inet_egress"',
  );
  using link = attachCgroup(program, cgroup.path, AS_EGRESS);
  assertEquals(link.info.type === "cgroup" && link.info.attachType, "cgroup_inet_egress");
});

test("a program is exchanged in a link of attachCgroup()", { needs: NEEDS }, async () => {
  using cgroup = new Cgroup();
  const { object, hits } = await counter("network", "on_egress");
  await using _object = object;
  using before = egress();
  using link = attachCgroup(before, cgroup.path, AS_EGRESS);
  link.update(object.programs.get("on_egress"), { replace: before });
  using _ = cgroup.enter();
  const keys = datagrams(3);
  assertEquals(await eventually(() => hitsOf(hits, keys) === 3), true);
  assertThrows(() => link.update(before, { replace: before }), SyscallError, "another program is attached");
  link.detach();
  assertEquals(queryPrograms({ cgroup: cgroup.path, ...AS_EGRESS }).programs, []);
});

for (const [mode, flags] of [["override", 1], ["multi", 2]] as const) {
  test(`attachCgroup() in mode "${mode}" lasts until it is closed`, { needs: NEEDS }, async () => {
    using cgroup = new Cgroup();
    const { object, hits } = await counter("network", "on_egress");
    await using _object = object;
    const program = object.programs.get("on_egress");
    const { id } = program.info;
    const attachment = attachCgroup(program, cgroup.path, { ...AS_EGRESS, mode });
    const target = { cgroup: cgroup.path, ...AS_EGRESS };
    assertEquals(queryPrograms(target).programs, [{ id, name: "on_egress", linkId: undefined, flags }]);
    program.close();
    using _ = cgroup.enter();
    const keys = datagrams(3);
    assertEquals(await eventually(() => hitsOf(hits, keys) === 3), true);
    attachment.close();
    attachment.close();
    assertEquals(queryPrograms(target).programs, []);
  });
}

test("attachCgroup() says which program is in the way", { needs: NEEDS }, () => {
  using cgroup = new Cgroup();
  using program = egress("occupant");
  using other = egress();
  const attach = (options: CgroupOptions): Attachment =>
    attachCgroup(other, cgroup.path, { ...AS_EGRESS, ...options });
  {
    using _alone = attachCgroup(program, cgroup.path, { ...AS_EGRESS, mode: "override" });
    const message =
      `program "occupant" (id ${program.info.id}) is attached alone to cgroup "${cgroup.path}" as ` +
      "cgroup_inet_egress: detach it first";
    for (const mode of ["link", "multi"] as const) {
      assertThrows(() => attach({ mode }), SyscallError, message);
    }
  }
  using _first = attachCgroup(program, cgroup.path, { ...AS_EGRESS, mode: "multi" });
  assertThrows(
    () => attach({ mode: "override" }),
    SyscallError,
    `program "occupant" (id ${program.info.id}) is attached in mode "link" or "multi" to cgroup "${cgroup.path}"`,
  );
  assertThrows(
    () => attachCgroup(program, cgroup.path, { ...AS_EGRESS, mode: "multi" }),
    SyscallError,
    "the program is attached there already",
  );
});

test("attachCgroup() orders programs by anchors", { needs: [...NEEDS, "cgroup-anchor", "bpftool"] }, () => {
  using cgroup = new Cgroup();
  using programs = new DisposableStack();
  const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => programs.use(egress(name)));
  const attach = (program: Program | undefined, options: CgroupOptions) =>
    programs.use(attachCgroup(program!, cgroup.path, { ...AS_EGRESS, ...options, mode: "link" }));
  const link = attach(c, {});
  attach(a, { anchor: "first" });
  attach(e, { anchor: "last" });
  attach(b, { anchor: { before: link } });
  attach(d, { anchor: { after: { linkId: link.info.id } } });
  const { programs: all, revision } = queryPrograms({ cgroup: cgroup.path, ...AS_EGRESS });
  assertEquals([all.map(({ name }) => name), revision > 1n], [["a", "b", "c", "d", "e"], true]);
  assertEquals(shownIds(cgroup), all.map(({ id }) => id));
  using late = egress("late");
  assertThrows(
    () => attach(late, { anchor: { after: { programId: c?.info.id ?? 0 } } }),
    SyscallError,
    "to be attached as cgroup_inet_egress in the same mode: attached there " +
      `program "a" (id ${a?.info.id}), program "b"`,
  );
});

test(
  "attachCgroup() orders programs without links by anchors",
  { needs: [...NEEDS, "cgroup-anchor"] },
  () => {
    using cgroup = new Cgroup();
    using programs = new DisposableStack();
    const [a, b, c] = ["a", "b", "c"].map((name) => programs.use(egress(name))) as [
      Program,
      Program,
      Program,
    ];
    const attach = (program: Program, anchor: Anchor) =>
      programs.use(attachCgroup(program, cgroup.path, { ...AS_EGRESS, mode: "multi", anchor }));
    attach(c, "last");
    attach(a, { before: c });
    attach(b, { after: { programId: a.info.id } });
    const all = queryPrograms({ cgroup: cgroup.path, ...AS_EGRESS }).programs;
    assertEquals(all.map(({ name, flags }) => [name, flags & 2]), [["a", 2], ["b", 2], ["c", 2]]);
  },
);

test("queryPrograms() tells what cgroups above have attached", { needs: NEEDS }, () => {
  using cgroup = new Cgroup();
  using below = new Cgroup(cgroup.path);
  using program = egress();
  using _link = attachCgroup(program, cgroup.path, AS_EGRESS);
  const target = { cgroup: below.path, ...AS_EGRESS };
  assertEquals(queryPrograms(target).programs, []);
  const effective = queryPrograms({ ...target, effective: true }).programs.map(({ id }) => id);
  assertEquals(effective.includes(program.info.id), true);
});

test("attachCgroup() says what is no cgroup", { needs: NEEDS }, () => {
  using program = egress();
  const attach = (path: string) => attachCgroup(program, path, AS_EGRESS);
  assertThrows(
    () => attach(`/sys/fs/cgroup/no-such-${process.pid}`),
    NotFoundError,
    `Cannot find cgroup "/sys/fs/cgroup/no-such-${process.pid}": there is no such directory`,
  );
  using cgroup = new Cgroup();
  assertThrows(() => attach(cgroup.path.replace("waggle", "wagle")), NotFoundError, 'did you mean "waggle-');
  assertThrows(() => attach("/tmp"), SyscallError, '"/tmp" is not the directory of a cgroup of version 2');
  assertThrows(() => queryPrograms({ cgroup: "/tmp", ...AS_EGRESS }), NotFoundError, "not the directory");
});
