import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { readFileSync } from "node:fs";
import { helperName } from "../../src/asm/mod.ts";
import {
  ATTACH_TYPE_NAMES,
  type FeatureAnswer,
  HELPER_NAMES,
  LINK_TYPES,
  MAP_TYPES,
  probeAttachType,
  probeHelper,
  probeLinkType,
  probeMapType,
  probeProgramType,
  PROGRAM_TYPES,
} from "../../src/features/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

/** The names of an enum of the running kernel, as bpftool prints its types. */
function enumerators(name: string): ReadonlySet<string> {
  types ??= run("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]);
  const start = types.indexOf(`ENUM '${name}'`);
  const end = types.indexOf("\n[", start);
  return new Set([...types.slice(start, end).matchAll(/^\t'(\w+)' val=/gm)].map(([, name = ""]) => name));
}

let types: string | undefined;

/** Whether the running kernel is of a version or newer. */
function kernelHas(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [haveMajor = 0, haveMinor = 0] = readFileSync("/proc/sys/kernel/osrelease", "utf8").split(".").map(
    Number,
  );
  return haveMajor > major || haveMajor === major && haveMinor >= minor;
}

interface Enumeration<N extends string> {
  readonly names: readonly N[];
  readonly probe: (name: N) => FeatureAnswer;
  /** The enum of include/uapi/linux/bpf.h, and the name in it. */
  readonly type: string;
  readonly enumerator: (name: N) => string;
  readonly rows: number;
}

function agree<N extends string>({ names, probe, type, enumerator, rows }: Enumeration<N>): void {
  const known = enumerators(type);
  assertGreaterOrEqual(known.size, rows);
  const answers = names.map((name) => [name, probe(name)] as const);
  const versions = answers.map(([name, { since = "?" }]) => [name, kernelHas(since)]);
  const expected = names.map((name) => [name, known.has(enumerator(name))]);
  assertEquals(Object.fromEntries(versions), Object.fromEntries(expected), `since which Linux: ${type}`);
  const invented = answers.filter(([name, { state }]) => state === "present" && !known.has(enumerator(name)));
  assertEquals(invented.map(([name]) => name), [], `present, but not in ${type}`);
}

const needs = ["root", "bpftool", "btf"] as const;

test("program types go with the kernel's own list", { needs }, () => {
  agree({
    names: PROGRAM_TYPES,
    probe: probeProgramType,
    type: "bpf_prog_type",
    enumerator: (name) => `BPF_PROG_TYPE_${name.toUpperCase()}`,
    rows: 32,
  });
});

test("map types go with the kernel's own list", { needs }, () => {
  agree({
    names: MAP_TYPES,
    probe: probeMapType,
    type: "bpf_map_type",
    enumerator: (name) => `BPF_MAP_TYPE_${name.toUpperCase()}`,
    rows: 32,
  });
});

test("attach types go with the kernel's own list", { needs }, () => {
  agree({
    names: ATTACH_TYPE_NAMES,
    probe: probeAttachType,
    type: "bpf_attach_type",
    enumerator: (name) => `BPF_${name.toUpperCase()}`,
    rows: 44,
  });
});

test("link types go with the kernel's own list", { needs }, () => {
  agree({
    // In the list since 5.19, for what the kernel has inside; maps of this type have links since 6.4 (68b04864ca42)
    names: LINK_TYPES.filter((type) => type !== "struct_ops"),
    probe: probeLinkType,
    type: "bpf_link_type",
    enumerator: (name) => `BPF_LINK_TYPE_${name.toUpperCase()}`,
    rows: 9,
  });
});

test("helpers go with the kernel's own list", { needs }, () => {
  agree({
    names: HELPER_NAMES,
    probe: (name) => probeHelper(name, "socket_filter"),
    type: "bpf_func_id",
    enumerator: (name) => name.replace("bpf_", "BPF_FUNC_"),
    rows: 209,
  });
});

/** Functions of the kernel that make links of a type, where it is built with them. */
const MAKERS: Readonly<Record<string, RegExp>> = {
  cgroup: /^(cgroup_bpf_link_attach|bpf_cgroup_link_.*)$/,
  iter: /^bpf_iter_link_attach$/,
  netns: /^netns_bpf_link_create$/,
  xdp: /^bpf_xdp_link_attach$/,
  kprobe_multi: /^(register_fprobe_ips|kprobe_multi_link_handler)$/,
  struct_ops: /^bpf_struct_ops_link_create$/,
  netfilter: /^bpf_nf_link_attach$/,
  tcx: /^tcx_link_attach$/,
  uprobe_multi: /^uprobe_multi_link_handler$/,
  netkit: /^netkit_link_attach$/,
  sockmap: /^sock_map_link_create$/,
};

test("link types are those that the kernel has functions for", { needs: ["root"] }, () => {
  const symbols = readFileSync("/proc/kallsyms", "utf8").split("\n").map((line) => line.split(" ")[2] ?? "");
  const states = Object.keys(MAKERS).map((type) => [type, probeLinkType(type as "tcx").state]);
  const expected = Object.entries(MAKERS).map(([type, maker]) => {
    return [type, symbols.some((symbol) => maker.test(symbol)) ? "present" : "absent"];
  });
  assertEquals(Object.fromEntries(states), Object.fromEntries(expected));
});

test("helpers have the versions of the commits that added them", { needs: ["root"] }, () => {
  // A selection of the commits that added them, by the release that has them
  const facts: Readonly<Record<string, string>> = {
    bpf_map_lookup_elem: "3.19", // d0003ec01c66
    bpf_probe_read: "4.1", // 2541517c32be
    bpf_tail_call: "4.2", // 04fd61ab36ec
    bpf_xdp_adjust_head: "4.10", // 17bedab27231
    bpf_override_return: "4.16", // 9802d86585db
    bpf_spin_lock: "5.1", // d83525ca62cf
    bpf_tcp_gen_syncookie: "5.4", // 70d66244317e
    bpf_probe_read_user: "5.5", // 6ae08ae3dea2
    bpf_ringbuf_output: "5.8", // 457f44363a88
    bpf_loop: "5.17", // e6f2dd0f8067
    bpf_user_ringbuf_drain: "6.1", // 20571567384428
    bpf_cgrp_storage_get: "6.2", // c4bcfb38a95e
  };
  const versions = Object.keys(facts).map((
    name,
  ) => [name, probeHelper(name as "bpf_loop", "socket_filter").since]);
  assertEquals(Object.fromEntries(versions), facts);
  assertEquals(helperName(HELPER_NAMES.length), HELPER_NAMES.at(-1));
});
