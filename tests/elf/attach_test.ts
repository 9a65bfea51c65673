import { test } from "../_harness.ts";
import { assertEquals } from "@std/assert";
import { parseAttachTo } from "../../src/elf/mod.ts";

// The forms are those that the attach_… functions of libbpf.c read.
test("parseAttachTo() takes apart what libbpf attaches by itself", () => {
  assertEquals(parseAttachTo("kprobe/tcp_connect+0x10"), {
    kind: "kprobe",
    function: "tcp_connect",
    offset: 16,
    return: false,
  });
  assertEquals(parseAttachTo("?kretprobe/do_unlinkat.isra.0"), {
    kind: "kprobe",
    function: "do_unlinkat.isra.0",
    offset: 0,
    return: true,
  });
  assertEquals(parseAttachTo("kretprobe.multi/tcp_*"), { kind: "functions", pattern: "tcp_*", return: true });
  assertEquals(parseAttachTo("kprobe.session/tcp_?"), { kind: "functions", pattern: "tcp_?", return: false });
  assertEquals(parseAttachTo("fentry.multi.s/vfs_*"), { kind: "functions", pattern: "vfs_*", return: false });
  assertEquals(parseAttachTo("fexit.multi/nf_nat:nf_*"), {
    kind: "functions",
    pattern: "nf_*",
    return: false,
    module: "nf_nat",
  });
  assertEquals(parseAttachTo("ksyscall/openat"), { kind: "syscall", name: "openat", return: false });
  assertEquals(parseAttachTo("kretsyscall/read"), { kind: "syscall", name: "read", return: true });
  assertEquals(parseAttachTo("uprobe.s//bin/bash:readline+4"), {
    kind: "uprobe",
    path: "/bin/bash",
    function: "readline",
    offset: 4,
    return: false,
  });
  assertEquals(parseAttachTo("uretprobe/libc:malloc"), {
    kind: "uprobe",
    path: "libc",
    function: "malloc",
    offset: 0,
    return: true,
  });
  assertEquals(parseAttachTo("uprobe/app:operator+"), {
    kind: "uprobe",
    path: "app",
    function: "operator+",
    offset: 0,
    return: false,
  });
  assertEquals(parseAttachTo("uprobe.multi.s//proc/self/exe:trigger_*"), {
    kind: "userFunctions",
    path: "/proc/self/exe",
    pattern: "trigger_*",
    return: false,
  });
  assertEquals(parseAttachTo("usdt//usr/lib/libc.so.6:libc:memory_heap_new"), {
    kind: "usdt",
    path: "/usr/lib/libc.so.6",
    provider: "libc",
    name: "memory_heap_new",
  });
  assertEquals(parseAttachTo("tp/sched/sched_switch"), {
    kind: "tracepoint",
    group: "sched",
    name: "sched_switch",
  });
  assertEquals(parseAttachTo("raw_tracepoint.w/sys_enter"), { kind: "rawTracepoint", name: "sys_enter" });
  assertEquals(parseAttachTo("fentry/nf_conntrack:nf_ct_destroy"), {
    kind: "type",
    name: "nf_ct_destroy",
    module: "nf_conntrack",
  });
  assertEquals(parseAttachTo("fexit.s/vmlinux:vfs_read"), { kind: "type", name: "vfs_read" });
  assertEquals(parseAttachTo("lsm.s/file_open"), { kind: "type", name: "file_open" });
  assertEquals(parseAttachTo("iter/task"), { kind: "type", name: "task" });
});

test("parseAttachTo() gives nothing where there is nothing, or not in the form of the type", () => {
  for (
    const section of [
      "kprobe",
      "kprobe/",
      "xdp",
      "struct_ops/init",
      "cgroup/connect4",
      "kretprobe/vfs_read+4",
      "kprobe/vfs read",
      "kprobe.multi/nf_nat:nf_*",
      "uretprobe/libc:malloc+8",
      "uprobe/libc",
      "usdt/libc:heap",
      "tp/sched_switch",
      "tracepoint//x",
      "fentry/:name",
      "fentry/module:",
    ]
  ) assertEquals(parseAttachTo(section), undefined, section);
});
