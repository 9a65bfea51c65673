/**
 * The kernels that tests run under, and what each of them is there for.
 *
 * @module
 */

import type { Need } from "../../tests/_needs.ts";

/** A kernel of Debian. */
export interface Kernel {
  readonly version: string;
  /** What its packages are called. */
  readonly packages: RegExp;
  /** What it has, so that no test may be skipped for the want of it. */
  readonly has: ReadonlySet<Need>;
}

/** What every kernel and the machine have. */
const COMMON: readonly Need[] = [
  "linux",
  "root",
  "bpf",
  "btf",
  "tracefs",
  "bpffs",
  "cgroup",
  "network",
  "xdp",
  "bpftool",
  "hotplug",
  "kprobe",
  "trampoline",
  "bpf-lsm",
  "lsm",
  "lsm-cgroup",
];

/** The kernels, oldest first. */
export const KERNELS: readonly Kernel[] = [
  {
    version: "6.1",
    packages: /^linux-image-6\.1\.\d[^ ]*-cloud-amd64$/,
    has: new Set(COMMON),
  },
  {
    version: "6.12",
    packages: /^linux-image-6\.12\.\d[^ ]*-cloud-amd64$/,
    has: new Set<Need>([
      ...COMMON,
      "kprobe-multi",
      "kprobe-session",
      "netkit",
      "perf-link-info",
      "tcx",
      "netfilter",
      "tracepoint-cookie",
      "uprobe-multi",
      "sockmap-link",
      "may-goto",
      "cgroup-unix",
    ]),
  },
];

/** What the kernel of a usual machine may not have. */
export const RARE: readonly Need[] = [
  "hotplug",
  "kprobe",
  "kprobe-multi",
  "kprobe-session",
  "trampoline",
  "bpf-lsm",
  "lsm",
  "lsm-cgroup",
  "netkit",
];

/** The files that have tests of it. */
export const CHOSEN: readonly string[] = [
  "tests/link/kprobe_multi_test.ts",
  "tests/link/kprobe_test.ts",
  "tests/link/lsm_test.ts",
  "tests/link/netkit_test.ts",
  "tests/link/tracing_test.ts",
  "tests/map/inode_storage_test.ts",
  "tests/object/attach_test.ts",
  "tests/ring/hotplug_test.ts",
];

/** Files that have such tests too, and why they do not run by default. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "tests/link/nothing_stays_test.ts": "it starts a runtime for each place to attach to, which takes too long",
};

/** Where all tests are that speak to the kernel. */
export const FULL: readonly string[] = [
  "tests/link",
  "tests/program",
  "tests/map",
  "tests/object",
  "tests/ring",
];
