import { assertEquals, assertThrows } from "@std/assert";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { attachXdp, openLink, queryPrograms } from "../../src/link/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { bpftool, eventually, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";
import { Network } from "./_network.ts";

const NEEDS = ["bpf", "xdp"] as const;

for (const mode of ["native", "generic"] as const) {
  let network: Network | undefined;
  let port = 20_000;
  testLink({
    name: `attachXdp() in mode "${mode}"`,
    type: "xdp",
    needs: NEEDS,
    program: "on_packet",
    capability: "CAP_NET_ADMIN",
    wrong: { type: "tracepoint", message: "the program is of type tracepoint, not xdp" },
    prepare: () => network = new Network(),
    attach: (program) => attachXdp(program, network?.device ?? "", { mode }),
    fire(count) {
      network?.send(++port, count);
      return [port];
    },
  });
}

function pass(): Program {
  return loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] });
}

test("attachXdp() attaches in the mode that bpftool shows", { needs: [...NEEDS, "bpftool"] }, () => {
  using network = new Network();
  using program = pass();
  for (const [mode, shown] of [["auto", "driver"], ["native", "driver"], ["generic", "generic"]] as const) {
    using _link = attachXdp(program, network.device, mode === "auto" ? {} : { mode });
    assertEquals(attached(network.device), shown);
  }
  assertEquals(attached(network.device), undefined);
});

/** The mode of a device's program. */
function attached(device: string): unknown {
  const [{ xdp }] = bpftool("net", "show") as [{ xdp: Facts[] }];
  return xdp.find(({ devname }) => devname === device)?.mode;
}

test("attachXdp() says which program the device has", { needs: NEEDS }, () => {
  using network = new Network();
  using program = pass();
  using first = attachXdp(program, network.device);
  for (const mode of ["auto", "native", "generic"] as const) {
    assertThrows(
      () => attachXdp(program, network.device, { mode }),
      SyscallError,
      `attached to the device is program "pass" (id ${program.info.id}) by link ${first.info.id}: update the link`,
    );
  }
});

test("attachXdp() attaches without a link until it is closed", { needs: [...NEEDS, "bpftool"] }, async () => {
  using network = new Network();
  const { device } = network;
  const { object, hits } = await counter("count");
  await using _object = object;
  using program = object.programs.get("on_packet");
  using other = pass();
  const { id } = program.info;
  for (const [mode, shown, flags] of [["auto", "driver", 4], ["generic", "generic", 2]] as const) {
    const attachment = attachXdp(program, device, { as: "program", mode });
    assertEquals(attached(device), shown);
    assertEquals(queryPrograms({ device, attachType: "xdp" }), {
      programs: [{ id, name: "on_packet", linkId: undefined, flags }],
      revision: 0n,
    });
    network.send(7000 + flags, 2);
    assertEquals(await eventually(() => hitsOf(hits, [7000 + flags]) === 2), true);
    const message = `attached to the device is program "on_packet" (id ${id}) without a link`;
    assertThrows(() => attachXdp(other, device), SyscallError, message);
    assertThrows(() => attachXdp(other, device, { as: "program", mode }), SyscallError, message);
    const instead = attachXdp(other, device, { as: "program", mode, replace: program });
    attachment.close(); // another took its place
    attachment.close();
    assertEquals(queryPrograms({ device, attachType: "xdp" }).programs.map(({ id }) => id), [other.info.id]);
    assertThrows(
      () => attachXdp(program, device, { as: "program", mode, replace: program }),
      SyscallError,
      `attached to the device is program "pass" (id ${other.info.id}) without a link`,
    );
    instead.close();
    assertEquals(attached(device), undefined);
  }
  assertThrows(() => attachXdp(other, device, { replace: program }), TypeError, "links replace nothing");
  assertThrows(
    () => attachXdp(other, "lo", { as: "program", mode: "native" }),
    NotSupportedError,
    "its driver",
  );
});

test(
  'attachXdp() in mode "auto" goes without a driver that cannot',
  { needs: [...NEEDS, "bpftool"] },
  async () => {
    using network = new Network();
    network.setPeerMtu(9000);
    const { object, hits } = await counter("count");
    await using _object = object;
    const program = object.programs.get("on_packet");
    assertThrows(
      () => attachXdp(program, network.device, { mode: "native" }),
      SyscallError,
      "the MTU of the device is too large for this mode",
    );
    using _link = attachXdp(program, network.device);
    assertEquals(attached(network.device), "generic");
    network.send(7001, 2);
    assertEquals(await eventually(() => hitsOf(hits, [7001]) === 2), true);
  },
);

test("a program is exchanged in a link of attachXdp()", { needs: NEEDS }, async () => {
  using network = new Network();
  const { object, hits } = await counter("count");
  await using _object = object;
  const program = object.programs.get("on_packet");
  const { object: another } = await counter("count");
  await using _another = another;
  const before = another.programs.get("on_packet");
  using link = attachXdp(before, network.device);
  using opened = openLink({ id: link.info.id });
  opened.update(program, { replace: before });
  assertEquals(link.info.programId, program.info.id);
  network.send(7002, 2);
  assertEquals(await eventually(() => hitsOf(hits, [7002]) === 2), true);
  assertThrows(
    () => link.update(before, { replace: before }),
    SyscallError,
    "another program is attached than",
  );
});

test("attachXdp() says what the driver cannot", { needs: NEEDS }, () => {
  using program = pass();
  assertThrows(
    () => attachXdp(program, "lo", { mode: "native" }),
    NotSupportedError,
    'its driver runs no XDP programs in mode "native": use mode "generic"',
  );
  assertThrows(
    () => attachXdp(program, "lo", { mode: "offload" }),
    NotSupportedError,
    "the device itself runs no programs",
  );
});

test("attachXdp() suggests names of devices", { needs: NEEDS }, () => {
  using network = new Network();
  using program = pass();
  const { device } = network;
  const typo = device.replace("wgl", "wlg");
  assertThrows(
    () => attachXdp(program, typo),
    NotFoundError,
    `Cannot find network device "${typo}": there is none of that name: did you mean "${device}"?`,
  );
  assertThrows(() => attachXdp(program, "no such device here"), NotFoundError, "there is none of that name");
  assertThrows(() => attachXdp(program, ""), NotFoundError, "there is none of that name");
});
