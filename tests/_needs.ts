/**
 * What a test may need from the machine, and why it is missing.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findTool } from "../scripts/_tools.ts";

/** What a test may need: a fact of the kernel or of the process, or a program. */
export type Need =
  | "linux"
  | "root"
  | "bpf"
  | "btf"
  | "tracefs"
  | "bpffs"
  | "cgroup"
  | "bpf-lsm"
  | "lsm"
  | "lsm-cgroup"
  | "network"
  | "ipv6"
  | "xdp"
  | "tcx"
  | "tc"
  | "lwt"
  | "lirc"
  | "netkit"
  | "netfilter"
  | "sockmap-link"
  | "bpf-loop"
  | "may-goto"
  | "task-kfuncs"
  | "cgroup-unix"
  | "cgroup-anchor"
  | "perf-link-info"
  | "trampoline"
  | "map-elem-iterator"
  | "tracepoint-cookie"
  | "kprobe"
  | "kprobe-multi"
  | "kprobe-session"
  | "no-kprobe"
  | "hotplug"
  | "uprobe-multi"
  | "uprobe-session"
  | "cc"
  | "clang"
  | "llvm-mc"
  | "llvm-objdump"
  | "llvm-readelf"
  | "libbpf"
  | "systemtap"
  | "bpftool"
  | "bpftrace"
  | "setpriv"
  | "strace"
  | "script"
  | "tmux"
  | "go"
  | "perl"
  | "losetup"
  | "modprobe"
  | "mkfs.xfs"
  | "swap-readpage"
  | "qemu-aarch64"
  | "uapi-kernel"
  | "deno"
  | "bun"
  | "node";

/** Capability bits of `linux/capability.h`. */
const CAP_NET_ADMIN = 12;
const CAP_SYS_ADMIN = 21;
const CAP_BPF = 39;

/** For each need, the state that keeps it from being met, or `undefined`. */
const CHECKS: Readonly<Record<Need, () => string | undefined>> = {
  linux: () => unless(process.platform === "linux", `this is ${process.platform}`),
  root: () => unless(process.getuid?.() === 0, "the user is not root"),
  bpf: () =>
    unless(hasCapability(CAP_BPF) || hasCapability(CAP_SYS_ADMIN), "neither CAP_BPF nor CAP_SYS_ADMIN"),
  btf: () => unless(existsSync("/sys/kernel/btf/vmlinux"), "the kernel has no BTF"),
  tracefs: () => mounted("tracefs", "/sys/kernel/tracing"),
  bpffs: () => mounted("bpf", "/sys/fs/bpf"),
  cgroup: () => missing("root") ?? unless(cgroupRoot() !== undefined, "no cgroup file system of version 2"),
  "bpf-lsm": () => missing("bpf") ?? mounted("securityfs", "/sys/kernel/security") ?? noBpfLsm(),
  lsm: () => missing("bpf-lsm") ?? tool("bpftool") ?? noLsmPrograms(),
  // 69fd337a975c
  "lsm-cgroup": () => missing("lsm") ?? unless(kernelAtLeast(6, 0), "the kernel is older than 6.0"),
  ipv6: () => unless(existsSync("/proc/net/if_inet6"), "the kernel has no IPv6"),
  network: () =>
    tool("ip") ??
      unless(
        hasCapability(CAP_NET_ADMIN) && hasCapability(CAP_SYS_ADMIN),
        "no right to make a network namespace",
      ),
  // bpf_link for XDP is Linux 5.9 (aa8d3a716b59)
  xdp: () => missing("network") ?? unless(kernelAtLeast(5, 9), "the kernel is older than 5.9"),
  // Other tests want all CPUs
  hotplug: () =>
    missing("root") ??
      unless(process.env["WAGGLE_HOTPLUG"] !== undefined, "WAGGLE_HOTPLUG=1 does not ask for it") ??
      unless(existsSync("/sys/devices/system/cpu/cpu1/online"), "CPU 1 cannot be taken away"),
  // 1b715e1b0ec5
  "perf-link-info": () => unless(kernelAtLeast(6, 6), "the kernel is older than 6.6"),
  trampoline: () => missing("bpf") ?? tool("bpftool") ?? noTrampolines(),
  // some hosts refuse it, as they refuse trampolines
  "map-elem-iterator": () => missing("bpffs") ?? tool("bpftool") ?? noMapElementIterators(),
  // 68ca5d4eebb8
  "tracepoint-cookie": () => unless(kernelAtLeast(6, 10), "the kernel is older than 6.10"),
  kprobe: () => missing("tracefs") ?? unless(hasKprobes(), "the kernel is built without kprobes"),
  // links to many functions are Linux 5.18 (0dcac2725406), sessions 6.10 (535a3692ba72)
  "kprobe-multi": () =>
    missing("kprobe") ?? unless(hasFprobes() && kernelAtLeast(5, 18), "the kernel is built without fprobes"),
  "kprobe-session": () =>
    missing("kprobe-multi") ?? unless(kernelAtLeast(6, 10), "the kernel is older than 6.10"),
  "no-kprobe": () => missing("tracefs") ?? unless(!hasKprobes(), "the kernel has kprobes"),
  // links to many functions of a file are Linux 6.6 (89ae89f53d20), sessions 6.13 (d920179b3d48)
  "uprobe-multi": () => unless(kernelAtLeast(6, 6), "the kernel is older than 6.6"),
  "uprobe-session": () => unless(kernelAtLeast(6, 13), "the kernel is older than 6.13"),
  // e420bed02507 of 6.6, 84601d6ee68a of 6.4, 699c23f02c65 of 6.10
  tcx: () => missing("network") ?? unless(kernelAtLeast(6, 6), "the kernel is older than 6.6"),
  // 35dfaad7188c of 6.7; it is no module
  netkit: () =>
    missing("network") ?? unless(hasFunction("netkit_xmit"), "the kernel is built without netkit"),
  tc: () => missing("network") ?? tool("tc"),
  lwt: () =>
    missing("network") ?? unless(hasFunction("bpf_lwt_push_ip_encap"), "the kernel is built without lwt"),
  // CONFIG_BPF_LIRC_MODE2, and a device by the module rc-loopback
  lirc: () =>
    missing("bpf") ??
      unless(hasFunction("lirc_bpf_run"), "the kernel is built without programs for infrared") ??
      unless(lircLoopback() !== undefined, "no infrared receiver that hears itself: modprobe rc-loopback"),
  netfilter: () => missing("network") ?? unless(kernelAtLeast(6, 4), "the kernel is older than 6.4"),
  // addresses of Unix sockets are Linux 6.7 (859051dd165e), anchors 6.17
  "cgroup-unix": () => missing("cgroup") ?? unless(kernelAtLeast(6, 7), "the kernel is older than 6.7"),
  "cgroup-anchor": () => missing("cgroup") ?? unless(kernelAtLeast(6, 17), "the kernel is older than 6.17"),
  "sockmap-link": () => missing("bpf") ?? unless(kernelAtLeast(6, 10), "the kernel is older than 6.10"),
  // e6f2dd0f8067 of 5.17, 011832b97b31 of 6.9
  "bpf-loop": () => missing("bpf") ?? unless(kernelAtLeast(5, 17), "the kernel is older than 5.17"),
  "may-goto": () => missing("bpf") ?? unless(kernelAtLeast(6, 9), "the kernel is older than 6.9"),
  // bpf_task_from_pid(): 3f0e6f2b41d3 of 6.2
  "task-kfuncs": () => missing("btf") ?? unless(kernelAtLeast(6, 2), "the kernel is older than 6.2"),
  cc: () => tool("cc"),
  clang: () => tool("clang"),
  "llvm-mc": () => tool("llvm-mc"),
  "llvm-objdump": () => tool("llvm-objdump"),
  "llvm-readelf": () => tool("llvm-readelf"),
  libbpf: () => unless(existsSync("/usr/include/bpf/libbpf.h"), "no /usr/include/bpf/libbpf.h"),
  systemtap: () => unless(hasSystemtapHeader(), "no sys/sdt.h (systemtap-sdt-dev)"),
  bpftool: () => tool("bpftool"),
  bpftrace: () => tool("bpftrace"),
  setpriv: () => tool("setpriv"),
  strace: () => tool("strace"),
  script: () => tool("script"),
  tmux: () => tool("tmux"),
  go: () => tool("go"),
  perl: () => tool("perl"),
  modprobe: () => missing("root") ?? tool("modprobe"),
  "mkfs.xfs": () => tool("mkfs.xfs"),
  // it is swap_read_folio() since Linux 6.8
  "swap-readpage": () => unless(hasFunction("swap_readpage"), "the kernel has no swap_readpage()"),
  losetup: () => missing("root") ?? tool("losetup") ?? noLoopDevices(),
  "qemu-aarch64": () => tool("qemu-aarch64-static") ?? tool("aarch64-linux-gnu-gcc"),
  // what the generators write depends on the kernel they run on
  "uapi-kernel": () => unless(generatedHere(), "src/uapi was generated on another kernel"),
  deno: () => tool("deno"),
  bun: () => tool("bun"),
  node: () => tool("node"),
};

/** The needs a test has who speaks to the kernel rather than to a program. */
export const KERNEL_NEEDS: ReadonlySet<Need> = new Set<Need>(
  [
    "linux",
    "root",
    "bpf",
    "btf",
    "tracefs",
    "bpffs",
    "cgroup",
    "bpf-lsm",
    "lsm",
    "lsm-cgroup",
    "network",
    "xdp",
    "tcx",
    "tc",
    "lwt",
    "lirc",
    "netkit",
    "netfilter",
    "sockmap-link",
    "bpf-loop",
    "may-goto",
    "task-kfuncs",
    "cgroup-unix",
    "cgroup-anchor",
  ],
);

/** Whether it is a name of something that a test may need. */
export function isNeed(name: string): name is Need {
  return Object.hasOwn(CHECKS, name);
}

const checked = new Map<Need, string | undefined>();

/** Why a need is not met, or `undefined`; checked once a process. */
export function missing(need: Need): string | undefined {
  if (!checked.has(need)) checked.set(need, CHECKS[need]());
  return checked.get(need);
}

function unless(met: boolean, state: string): string | undefined {
  return met ? undefined : state;
}

function tool(name: string): string | undefined {
  return unless(findTool(name) !== undefined, "not installed");
}

/** Mounts the file system when it is absent and we may. */
function mounted(type: string, path: string): string | undefined {
  if (process.platform !== "linux") return missing("linux");
  const isMounted = () =>
    readFileSync("/proc/self/mounts", "utf8").split("\n").some((line) => {
      const [, at, kind] = line.split(" ");
      return at === path && kind === type;
    });
  if (isMounted()) return undefined;
  if (missing("root") === undefined) {
    try {
      execFileSync("mount", ["-t", type, type, path], { stdio: "ignore" });
    } catch {
      // the check below says so
    }
  }
  return unless(isMounted(), `not mounted at ${path}`);
}

/** The infrared receiver that gets what it sends, which the module rc-loopback makes. */
export function lircLoopback(): string | undefined {
  const folder = "/sys/class/rc";
  if (!existsSync(folder)) return undefined;
  const device = readdirSync(folder).find((name) =>
    readFileSync(`${folder}/${name}/uevent`, "utf8").includes("DRV_NAME=rc-loopback")
  );
  const file = device && readdirSync(`${folder}/${device}`).find((name) => name.startsWith("lirc"));
  return file && `/dev/${file}`;
}

/** Where cgroups of version 2 are mounted. */
export function cgroupRoot(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n").map((line) => line.split(" "));
  return mounts.find(([, , type]) => type === "cgroup2")?.[1];
}

/** Without BPF among its security modules, the kernel keeps no values at inodes and calls no LSM programs. */
function noBpfLsm(): string | undefined {
  const modules = readFileSync("/sys/kernel/security/lsm", "utf8").trim().split(",");
  return unless(modules.includes("bpf"), 'the kernel was started without "lsm=bpf"');
}

function noLsmPrograms(): string | undefined {
  return unless(programTypes().have_lsm_prog_type === true, "the kernel refuses LSM programs");
}

/** Programs of fentry and its like are called by code that the kernel writes into its functions. */
function noTrampolines(): string | undefined {
  return unless(
    programTypes().have_tracing_prog_type === true,
    "the kernel refuses programs at its functions",
  );
}

function noMapElementIterators(): string | undefined {
  const folder = `/sys/fs/bpf/waggle-need-${process.pid}`;
  const object = fileURLToPath(new URL("bpf/iterators.bpf.o", import.meta.url));
  const bpftool = findTool("bpftool") ?? "bpftool";
  try {
    execFileSync(bpftool, ["prog", "loadall", object, folder], { stdio: "ignore" });
    return undefined;
  } catch {
    return "the kernel refuses to list the elements of maps";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let probed: Readonly<Record<string, boolean>> | undefined;

/** The types of programs that bpftool finds, by its names for them; asked once a process, as it tries them all. */
function programTypes(): Readonly<Record<string, boolean>> {
  const bpftool = findTool("bpftool") ?? "bpftool";
  return probed ??= JSON.parse(
    execFileSync(bpftool, ["-j", "feature", "probe", "kernel"], { encoding: "utf8" }),
  ).program_types;
}

/** What links to many functions of the kernel are made of (`CONFIG_FPROBE`). */
function hasFprobes(): boolean {
  return hasFunction("register_fprobe_ips");
}

/** Files as disks are by a module in many kernels, which opening its device would load where udev has made that. */
function noLoopDevices(): string | undefined {
  const control = "/dev/loop-control";
  if (!existsSync(control) && tool("modprobe") === undefined) {
    try {
      execFileSync("modprobe", ["-q", "loop"], { stdio: "ignore" });
    } catch {
      // as if it were not there
    }
  }
  return unless(existsSync(control), `no ${control}`);
}

function hasFunction(name: string): boolean {
  return new RegExp(`^\\w+ [tT] ${name}$`, "m").test(readFileSync("/proc/kallsyms", "utf8"));
}

function hasKprobes(): boolean {
  return existsSync("/sys/kernel/tracing/kprobe_events");
}

function hasCapability(bit: number): boolean {
  if (process.platform !== "linux") return false;
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${effective}`) >> BigInt(bit) & 1n) === 1n;
}

function hasSystemtapHeader(): boolean {
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  return [`${machine}-linux-gnu/`, ""].some((folder) => existsSync(`/usr/include/${folder}sys/sdt.h`));
}

function generatedHere(): boolean {
  const [major, minor] = readFileSync("/proc/sys/kernel/osrelease", "utf8").split(".");
  const text = readFileSync(new URL("../src/uapi/layouts.ts", import.meta.url), "utf8");
  return text.includes(`from the BTF of Linux ${major}.${minor}.`);
}

function kernelAtLeast(major: number, minor: number): boolean {
  const release = readFileSync("/proc/sys/kernel/osrelease", "utf8").split(".").map((part) =>
    Number.parseInt(part, 10)
  );
  const [haveMajor = 0, haveMinor = 0] = release;
  return haveMajor > major || haveMajor === major && haveMinor >= minor;
}
