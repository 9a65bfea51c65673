import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  allFeatures,
  BTF_FEATURES,
  kfuncNames,
  MAP_FLAGS,
  probeBtf,
  probeHelper,
  probeKfunc,
  probeMapFlag,
  probeProgramType,
  requireFeature,
  SECTIONS,
} from "../../src/features/mod.ts";
import { existsSync, readFileSync } from "node:fs";
import { moduleBtfs } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";
import { missing } from "../_needs.ts";
import { run } from "../_run.ts";

// Kept for the rest of the process, and no leak of the first test that looks for a function in them
if (missing("bpf") === undefined) moduleBtfs();

const needs = ["root", "btf", "bpftool"] as const;

/** Whether the running kernel is of a version or newer. */
function kernelHas(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const release = readFileSync("/proc/sys/kernel/osrelease", "utf8").split(".").map(Number);
  const [haveMajor = 0, haveMinor = 0] = release;
  return haveMajor > major || haveMajor === major && haveMinor >= minor;
}

test("flags of maps are those of the kernel's version", { needs: ["root"] }, () => {
  // Commits: 6c90598174 96eabe7a40 6e71b04a82 d5a3b1f691 96049f3afd 591fe9888d 8f51dfc73b fc9702273e 792caccc45
  // 4a8f87e60f 68b04864ca 7a5155dd1b a177fc2bf6 317460317a
  const facts: Readonly<Record<string, string>> = {
    no_prealloc: "4.6",
    no_common_lru: "4.10",
    numa_node: "4.14",
    rdonly: "4.15",
    wronly: "4.15",
    stack_build_id: "4.17",
    zero_seed: "5.0",
    rdonly_prog: "5.2",
    wronly_prog: "5.2",
    clone: "5.4",
    mmapable: "5.5",
    preserve_elems: "5.10",
    inner_map: "5.10",
    link: "6.4",
    vtype_btf_obj_fd: "6.9",
    token_fd: "6.9",
    segv_on_fault: "6.9",
    no_user_conv: "6.9",
  };
  const states = MAP_FLAGS.map((flag) => [flag, probeMapFlag(flag).state]);
  const expected = Object.entries(facts).map(([flag, since]) => {
    return [flag, kernelHas(since) ? "present" : "absent"];
  });
  assertEquals(Object.fromEntries(states), Object.fromEntries(expected));
});

test("what the kernel knows of BTF is that of its version", { needs: ["root"] }, () => {
  // include/uapi/linux/btf.h; commits 69b693f0ae 2667a2626f f063c889c9 51c39bb1d5 b1828f0b04 b5ea834dde 8c42d2fa4e
  // 6089fb325c 42d9b379e3
  const facts: Readonly<Record<string, string>> = {
    types: "4.18",
    func: "5.0",
    func_global: "5.6",
    datasec: "5.2",
    float: "5.13",
    decl_tag: "5.16",
    type_tag: "5.17",
    enum64: "6.0",
    question_mark: "6.12",
  };
  const states = BTF_FEATURES.map((feature) => [feature, probeBtf(feature).state]);
  const expected = Object.entries(facts).map((
    [name, since],
  ) => [name, kernelHas(since) ? "present" : "absent"]);
  const vmlinux = existsSync("/sys/kernel/btf/vmlinux") ? "present" : "absent";
  assertEquals(Object.fromEntries(states), { vmlinux, ...Object.fromEntries(expected) });
});

test("kfuncs are those that the kernel's types mark", { needs }, () => {
  const dump = run("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]);
  const functions = new Map(
    [...dump.matchAll(/^\[(\d+)\] FUNC '(\w+)'/gm)].map(([, id, name]) => [id, name]),
  );
  const marked = [...dump.matchAll(/^\[\d+\] DECL_TAG 'bpf_kfunc' type_id=(\d+)/gm)]
    .map(([, id]) => functions.get(id) ?? "?");
  const names = new Set(kfuncNames());
  assertEquals([...new Set(marked)].filter((name) => !names.has(name)), []);
  for (const name of new Set(marked)) assertEquals(probeKfunc(name).state, "present", name);
  // A function that no kernel lets programs call
  assertEquals(probeKfunc("vfs_read").state, marked.length > 0 ? "absent" : "unknown");
  assertEquals(probeKfunc("bpf_no_such_kfunc").state, "absent");
});

test("kfuncs are for some types of programs", { needs: ["root", "btf"] }, () => {
  // Registered by net/core/filter.c for packets: b5964b968a of 6.4, 05421aecd4 of 6.4
  const expected = kernelHas("6.4") ? "present" : "absent";
  assertEquals(probeKfunc("bpf_dynptr_from_skb", "sched_cls").state, expected);
  assertEquals(probeKfunc("bpf_dynptr_from_xdp", "xdp").state, expected);
  assertEquals(probeKfunc("bpf_dynptr_from_xdp", "sched_cls").state, "absent");
  assertEquals(probeKfunc("bpf_dynptr_from_skb", "xdp").state, "absent");
  assertEquals(probeKfunc("vfs_read", "xdp").state, "absent");
  assertEquals(probeKfunc("bpf_no_such_kfunc", "xdp").state, "absent");
});

test("what may be called depends on how a program attaches", { needs: ["root", "btf"] }, () => {
  // tracing_prog_func_proto: to iterators alone. sock_addr_func_proto: to bpf_bind where a socket connects
  const state = (...ask: Parameters<typeof probeHelper>) => probeHelper(...ask).state;
  assertEquals(state("bpf_seq_write", "tracing", { attachType: "trace_iter" }), "present");
  assertEquals(state("bpf_seq_write", "tracing"), "absent");
  assertEquals(state("bpf_bind", "cgroup_sock_addr"), "present");
  assertEquals(state("bpf_bind", "cgroup_sock_addr", { attachType: "cgroup_udp4_sendmsg" }), "absent");
  assertEquals(state("bpf_map_lookup_elem", "struct_ops"), "unknown");
});

test(
  "a helper of a type that is absent is absent, and one of a refused type refused",
  { needs: ["root"] },
  () => {
    for (const type of ["lirc_mode2", "lsm"] as const) {
      const { state } = probeProgramType(type);
      if (state === "present") continue;
      assertEquals(probeHelper("bpf_map_lookup_elem", type).state, state);
    }
    requireFeature(probeHelper("bpf_map_lookup_elem", "socket_filter"));
  },
);

test("all features are there by section", { needs: ["root"] }, () => {
  const small = SECTIONS.filter((section) => section !== "helpers");
  const rows = [...allFeatures(...small)];
  assertEquals([...new Set(rows.map(({ section }) => section))], small);
  assertGreaterOrEqual(rows.length, 32 + 58 + 14 + 34 + 18 + 9 + 10);
  assertEquals(rows.filter(({ answer }) => answer.state === "unknown"), []);
});
