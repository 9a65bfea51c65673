import { test } from "../_harness.ts";
import { assert, assertEquals } from "@std/assert";
import { parseSectionName } from "../../src/elf/mod.ts";
import { libbpfFacts } from "./_libbpf.ts";

/** Names that libbpf 1.1 and later agree about. */
const NAMES = [
  "socket",
  "sk_reuseport/migrate",
  "sk_reuseport",
  "kprobe/vfs_read",
  "kprobe",
  "uprobe//bin/bash:readline",
  "uprobe.s/x",
  "kretprobe/x",
  "uretprobe/x",
  "uretprobe.s/x",
  "kprobe.multi/tcp_*",
  "kretprobe.multi/x",
  "ksyscall/read",
  "kretsyscall/read",
  "usdt/x",
  "tc",
  "classifier",
  "action",
  "tracepoint/a/b",
  "tp/a/b",
  "raw_tracepoint/a",
  "raw_tp/a",
  "raw_tracepoint.w/a",
  "raw_tp.w/a",
  "tp_btf/a",
  "fentry/a",
  "fmod_ret/a",
  "fexit/a",
  "fentry.s/a",
  "fmod_ret.s/a",
  "fexit.s/a",
  "freplace/a",
  "lsm/a",
  "lsm.s/a",
  "lsm_cgroup/a",
  "iter/task",
  "iter.s/task",
  "syscall",
  "xdp.frags/devmap",
  "xdp/devmap",
  "xdp.frags/cpumap",
  "xdp/cpumap",
  "xdp.frags",
  "xdp",
  "perf_event",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "sockops",
  "sk_skb/stream_parser",
  "sk_skb/stream_verdict",
  "sk_skb",
  "sk_msg",
  "lirc_mode2",
  "flow_dissector",
  "cgroup_skb/ingress",
  "cgroup_skb/egress",
  "cgroup/skb",
  "cgroup/sock_create",
  "cgroup/sock_release",
  "cgroup/sock",
  "cgroup/post_bind4",
  "cgroup/post_bind6",
  "cgroup/bind4",
  "cgroup/bind6",
  "cgroup/connect4",
  "cgroup/connect6",
  "cgroup/sendmsg4",
  "cgroup/sendmsg6",
  "cgroup/recvmsg4",
  "cgroup/recvmsg6",
  "cgroup/getpeername4",
  "cgroup/getpeername6",
  "cgroup/getsockname4",
  "cgroup/getsockname6",
  "cgroup/sysctl",
  "cgroup/getsockopt",
  "cgroup/setsockopt",
  "cgroup/dev",
  "struct_ops/x",
  "sk_lookup",
];

test("parseSectionName() gives the types that libbpf gives", { needs: ["cc", "libbpf"] }, () => {
  for (const { name, known, type, attachType } of libbpfFacts({ sections: NAMES }).sections) {
    assert(known, name);
    const ours = parseSectionName(name);
    assertEquals([name, ours.type, ours.attachType], [name, type, attachType]);
  }
});

// Numbers: enum bpf_prog_type and bpf_attach_type of include/uapi/linux/bpf.h.
test("parseSectionName() knows the sections of newer versions of libbpf", () => {
  const types = (name: string) => [parseSectionName(name).type, parseSectionName(name).attachType];
  assertEquals(types("tc/ingress"), [3, 46]);
  assertEquals(types("tcx/egress"), [3, 47]);
  assertEquals(types("netkit/peer"), [3, 55]);
  assertEquals(types("netfilter"), [32, 45]);
  assertEquals(types("uprobe.multi/x:y"), [2, 48]);
  assertEquals(types("kprobe.session/x"), [2, 56]);
  assertEquals(types("uprobe.session.s/x"), [2, 57]);
  assertEquals(types("cgroup/connect_unix"), [18, 49]);
  assertEquals(types("fsession/x"), [26, 58]);
  assertEquals(types("fentry.multi/x"), [26, 59]);
  assertEquals(types("fexit.multi.s/x"), [26, 60]);
  assertEquals(types("fsession.multi/x"), [26, 61]);
});

test("parseSectionName() gives what to attach to, and how to load", () => {
  assertEquals(parseSectionName("?fentry.s/bpf_testmod:run"), {
    section: "fentry.s/bpf_testmod:run",
    autoload: false,
    type: 26,
    attachType: 24,
    attachTo: "bpf_testmod:run",
    flags: 16, // BPF_F_SLEEPABLE
    attachByBtf: true,
  });
  assertEquals(parseSectionName("tp/sched/sched_switch").attachTo, "sched/sched_switch");
  assertEquals(parseSectionName("tp").attachTo, "");
  assertEquals(parseSectionName("xdp.frags/cpumap").flags, 32); // BPF_F_XDP_HAS_FRAGS
  assertEquals(parseSectionName("lsm_cgroup/x").attachByBtf, true);
  assertEquals(parseSectionName("kprobe/x").attachByBtf, false);
});

test("parseSectionName() takes names that only start like one of the table", () => {
  const type = (name: string) => [parseSectionName(name).type, parseSectionName(name).attachTo];
  assertEquals(type("socket/2"), [1, ""]);
  assertEquals(type("xdp_drop"), [6, ""]);
  assertEquals(type("tc_main"), [3, ""]);
  assertEquals(parseSectionName("tcx/ingress/more").attachType, 46);
  assertEquals(parseSectionName("cgroup/sock_create_now").attachType, 2);
});

test("parseSectionName() gives type 0 to names that tell none", () => {
  for (const name of ["", ".text", "kprobes/x", "kprobe_x", "my_program", "tracepoints/x"]) {
    const { section, type, attachType, attachTo } = parseSectionName(name);
    assertEquals([section, type, attachType, attachTo], [name, 0, 0, ""]);
  }
});
