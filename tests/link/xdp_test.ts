import { assertEquals, assertThrows } from "@std/assert";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { attachXdp } from "../../src/link/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { testLink } from "./_contract.ts";
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

test("attachXdp() refuses a second program of a device", { needs: NEEDS }, () => {
  using network = new Network();
  using program = pass();
  using _first = attachXdp(program, network.device);
  for (const mode of ["auto", "native", "generic"] as const) {
    const error = assertThrows(() => attachXdp(program, network.device, { mode }), SyscallError);
    assertEquals(
      error.message.endsWith("another XDP program is attached to the device: `ip link show` names it"),
      true,
      error.message,
    );
  }
});

test("attachXdp() says what the driver cannot", { needs: NEEDS }, () => {
  using program = pass();
  for (const mode of ["native", "offload"] as const) {
    const message = `its driver runs no XDP programs in mode "${mode}": use mode "generic"`;
    assertThrows(() => attachXdp(program, "lo", { mode }), NotSupportedError, message);
  }
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
