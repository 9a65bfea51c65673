/** Every type of programs: whether this kernel loads it, and as what. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readFileSync } from "node:fs";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotSupportedError, SyscallError, WaggleError } from "../../src/errors.ts";
import { type AttachType, loadProgram, type Program, type ProgramType } from "../../src/program/mod.ts";
import { BPF_PROG_TYPE } from "../../src/uapi/mod.ts";
import { type Facts, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { typedProgram } from "./_typed.ts";

const BPF = { needs: ["bpf", "btf", "bpftool"] } as const;

interface Subject {
  readonly type: ProgramType;
  readonly attachTypes?: readonly AttachType[];
  readonly attachTo?: string;
}

/** One of each type, and more where there are several ways to attach that the kernel tells apart. */
const SUBJECTS: readonly Subject[] = [
  { type: "socket_filter" },
  { type: "kprobe" },
  { type: "kprobe", attachTypes: ["trace_kprobe_multi", "trace_uprobe_multi"] },
  { type: "sched_cls" },
  { type: "sched_cls", attachTypes: ["tcx_ingress", "tcx_egress", "netkit_primary", "netkit_peer"] },
  { type: "sched_act" },
  { type: "tracepoint" },
  { type: "xdp" },
  { type: "xdp", attachTypes: ["xdp", "xdp_devmap", "xdp_cpumap"] },
  { type: "perf_event" },
  { type: "cgroup_skb", attachTypes: ["cgroup_inet_ingress", "cgroup_inet_egress"] },
  {
    type: "cgroup_sock",
    attachTypes: [
      "cgroup_inet_sock_create",
      "cgroup_inet_sock_release",
      "cgroup_inet4_post_bind",
      "cgroup_inet6_post_bind",
    ],
  },
  { type: "lwt_in" },
  { type: "lwt_out" },
  { type: "lwt_xmit" },
  { type: "lwt_seg6local" },
  { type: "sock_ops" },
  { type: "sk_skb" },
  { type: "sk_skb", attachTypes: ["sk_skb_stream_parser", "sk_skb_stream_verdict", "sk_skb_verdict"] },
  { type: "cgroup_device" },
  { type: "sk_msg" },
  { type: "raw_tracepoint" },
  { type: "raw_tracepoint_writable" },
  {
    type: "cgroup_sock_addr",
    attachTypes: [
      "cgroup_inet4_bind",
      "cgroup_inet6_bind",
      "cgroup_inet4_connect",
      "cgroup_inet6_connect",
      "cgroup_unix_connect",
      "cgroup_udp4_sendmsg",
      "cgroup_udp6_sendmsg",
      "cgroup_unix_sendmsg",
    ],
  },
  { type: "lirc_mode2" },
  { type: "sk_reuseport", attachTypes: ["sk_reuseport_select", "sk_reuseport_select_or_migrate"] },
  { type: "flow_dissector" },
  { type: "cgroup_sysctl" },
  { type: "cgroup_sockopt", attachTypes: ["cgroup_getsockopt", "cgroup_setsockopt"] },
  { type: "tracing", attachTypes: ["trace_raw_tp"], attachTo: "sched_process_exec" },
  { type: "tracing", attachTypes: ["trace_iter"], attachTo: "task" },
  { type: "tracing", attachTypes: ["trace_fentry", "trace_fexit"], attachTo: "schedule" },
  { type: "tracing", attachTypes: ["modify_return"], attachTo: "bpf_modify_return_test" },
  { type: "struct_ops" },
  { type: "lsm", attachTypes: ["lsm_mac"], attachTo: "file_open" },
  { type: "lsm", attachTypes: ["lsm_cgroup"], attachTo: "socket_bind" },
  { type: "sk_lookup" },
  { type: "syscall" },
  { type: "netfilter" },
];

/** What this machine may refuse, and how that is said; all else must load. */
const REFUSED: Readonly<Partial<Record<ProgramType | AttachType, string>>> = {
  trace_fentry: "use a tracepoint, raw_tracepoint or tp_btf program",
  trace_fexit: "use a tracepoint, raw_tracepoint or tp_btf program",
  modify_return: "use a tracepoint, raw_tracepoint or tp_btf program",
  lsm_mac: "watch by a tracepoint",
  lsm_cgroup: "watch by a tracepoint",
  lirc_mode2: "this kernel may be built without such programs",
  struct_ops: "this kernel lacks what it needs", // here: it is not said which struct
};

for (const subject of SUBJECTS) {
  for (const attachType of subject.attachTypes ?? [undefined]) testType(subject, attachType);
}

test("the table has every type of programs", () => {
  const types = Object.keys(BPF_PROG_TYPE).map((name) => name.toLowerCase()).filter((name) =>
    name !== "unspec"
  );
  const tested = new Set<string>([...SUBJECTS.map(({ type }) => type), "ext"]);
  assertEquals(types.filter((type) => !tested.has(type)), []);
});

test("loadProgram() of type ext replaces a function of another program", BPF, () => {
  using other = loadProgram({ name: "replaced", type: "xdp", ...typedProgram("replaced") });
  const attachTo = { program: other, function: "replaced" };
  try {
    using program = loadProgram({ name: "new_one", type: "ext", attachTo, ...typedProgram("new_one") });
    const { type, attachBtfId, attachBtfObjectId } = program.info;
    assertEquals([type, program.attachTo, attachBtfObjectId], ["ext", "replaced", other.info.btfId]);
    assertEquals(attachBtfId, typedProgram("replaced").instructions[0]?.functionTypeId);
    assertEquals(shown("prog", program.info.id).type, "ext");
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
    assertStringIncludes(
      error.message,
      "by trampolines (EPERM with an empty log, though the process has all",
    );
    assertStringIncludes(
      error.message,
      "put the function into the program itself, or call it by a program array",
    );
  }
});

function testType({ type, attachTo }: Subject, attachType: AttachType | undefined): void {
  test(`loadProgram() of type ${type}${attachType ? ` for ${attachType}` : ""}`, BPF, () => {
    // the value that every type takes: a verdict that lets go on, or 0
    const result = type === "flow_dissector" || type === "tracing" || type === "lsm" ? 0 : 1;
    let program: Program;
    try {
      program = loadProgram({
        name: "minimal",
        type,
        instructions: [mov(r0, result), exit()],
        ...(attachType && { expectedAttachType: attachType }),
        ...(attachTo !== undefined && { attachTo }),
      });
    } catch (error) {
      const refusal = REFUSED[attachType ?? type];
      if (refusal === undefined || !(error instanceof WaggleError)) throw error;
      assertEquals(error instanceof NotSupportedError || error instanceof SyscallError, true, error.message);
      assertStringIncludes(error.message, `Cannot load program "minimal" (${type}): `);
      assertStringIncludes(error.message, refusal);
      return;
    }
    using _ = program;
    const { info } = program;
    const facts: Facts = shown("prog", info.id);
    assertEquals([info.type, info.name], [type, "minimal"]);
    // bpftool 7.1 does not know the newest types: then it shows the number
    assertEquals(
      [type, BPF_PROG_TYPE[type.toUpperCase() as keyof typeof BPF_PROG_TYPE]].includes(facts.type as never),
      true,
    );
    const fdinfo = readFileSync(`/proc/self/fdinfo/${program.descriptor.fd}`, "utf8");
    assertEquals(
      Number(/^prog_type:\s*(\d+)$/m.exec(fdinfo)?.[1]),
      BPF_PROG_TYPE[type.toUpperCase() as keyof typeof BPF_PROG_TYPE],
    );
  });
}
