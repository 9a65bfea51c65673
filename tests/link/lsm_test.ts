import { assertEquals, assertThrows } from "@std/assert";
import { readlinkSync } from "node:fs";
import { call, exit, jeq, label, mov, r0, w0 } from "../../src/asm/mod.ts";
import { SyscallError } from "../../src/errors.ts";
import { attachCgroup, attachTracing, queryPrograms } from "../../src/link/mod.ts";
import { loadProgram, type LoadProgramOptions, type Program } from "../../src/program/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { AF_INET, DATAGRAM, Socket } from "../map/_sockets.ts";
import { counter, testLink } from "./_contract.ts";

const NEEDS = ["bpf", "btf", "trampoline", "lsm"] as const;
const CGROUP_NEEDS = [...NEEDS, "cgroup", "lsm-cgroup"] as const;
const EACCES = 13;
const EPERM = 1;

let cgroup: Cgroup | undefined;
testLink({
  name: "attachCgroup() as lsm_cgroup",
  type: "cgroup",
  needs: CGROUP_NEEDS,
  fixture: "hooks",
  program: "on_create",
  capability: "CAP_NET_ADMIN",
  wrong: { type: "xdp", message: "the program is of type xdp, not one of cgroup_skb, cgroup_sock, " },
  prepare: () => cgroup = new Cgroup(),
  attach: (program) => attachCgroup(program, cgroup?.path ?? ""),
  fire(count) {
    using _ = cgroup?.enter();
    for (let i = 0; i < count; i++) makeSocket();
    return [DATAGRAM];
  },
});

function makeSocket(): void {
  new Socket(AF_INET, DATAGRAM)[Symbol.dispose]();
}

test("programs of lsm_cgroup decide for the processes of their cgroup", { needs: CGROUP_NEEDS }, () => {
  using cgroup = new Cgroup();
  using program = loadProgram({
    name: "no_sockets",
    type: "lsm",
    expectedAttachType: "lsm_cgroup",
    attachTo: "socket_create",
    instructions: [mov(r0, 0), exit()], // one that is not 1 refuses
  });
  using link = attachCgroup(program, cgroup.path);
  assertEquals(link.info.type === "cgroup" && link.info.attachType, "lsm_cgroup");
  makeSocket();
  {
    using _ = cgroup.enter();
    assertEquals(assertThrows(makeSocket, SyscallError).errno, EPERM);
    link.close();
    makeSocket();
  }
});

test("queryPrograms() lists programs of lsm_cgroup", { needs: CGROUP_NEEDS }, async () => {
  using cgroup = new Cgroup();
  const { object } = await counter("hooks", "on_create");
  await using _object = object;
  const { id } = object.programs.get("on_create").info;
  using link = attachCgroup(object.programs.get("on_create"), cgroup.path);
  assertEquals(
    queryPrograms({ cgroup: cgroup.path, attachType: "lsm_cgroup" }).programs.map((
      one,
    ) => [one.id, one.linkId]),
    [[id, link.info.id]],
  );
});

/** Answers `-EACCES` to calls of this thread, which the lower half of what the helper returns is. */
function refusing(options: Pick<LoadProgramOptions, "type" | "expectedAttachType" | "attachTo">): Program {
  const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  const instructions = [
    call("bpf_get_current_pid_tgid"),
    jeq(w0, thread, "refuse"),
    mov(r0, 0),
    exit(),
    label("refuse", mov(r0, -EACCES)),
    exit(),
  ];
  return loadProgram({ name: "refusing", ...options, instructions });
}

for (
  const [section, options] of [
    ["lsm", { type: "lsm", attachTo: "file_open" }],
    ["fmod_ret", { type: "tracing", expectedAttachType: "modify_return", attachTo: "security_file_open" }],
  ] as const
) {
  test(`programs of ${section} decide what the kernel answers`, { needs: NEEDS }, () => {
    using program = refusing(options);
    openFile("/dev/null").close();
    const link = attachTracing(program);
    const errno = opening();
    link.close();
    assertEquals([errno, opening()], [EACCES, 0]);
  });
}

/** Why this thread may not open a file; 0 when it may. */
function opening(): number {
  try {
    openFile("/dev/null").close();
    return 0;
  } catch (error) {
    return error instanceof SyscallError ? error.errno : -1;
  }
}
