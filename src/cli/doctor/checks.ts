/**
 * What is looked at on a machine, in the order in which it matters.
 *
 * @module
 */
import {
  type FeatureAnswer,
  probeHelper,
  probeLinkType,
  probeMapType,
  probeProgramType,
} from "../../features/mod.ts";
import {
  type Capability,
  kernelRelease,
  kernelVersionCode,
  lockdownMode,
  missingCapabilities,
  tracefsFile,
  versionCode,
} from "../../kernel/mod.ts";
import { fileExists, readTextFile } from "../../sys/mod.ts";

/** What was found. */
export interface Finding {
  /** `limited` is what works in part or is weaker than elsewhere; `unknown` what this process has no right to find out. */
  readonly state: "ok" | "limited" | "missing" | "unknown";
  /** What is so. */
  readonly found: string;
  /** What to do about it, or to use instead. */
  readonly cure?: string;
}

/** Something that is looked at. */
export interface Check {
  readonly name: string;
  /** Whether scripts that trace need it. */
  readonly needed?: true;
  look(): Finding;
}

const ok = (found: string): Finding => ({ state: "ok", found });

/** All of them. */
export const CHECKS: readonly Check[] = [
  {
    name: "kernel",
    needed: true,
    look() {
      const found = `Linux ${kernelRelease()}`;
      if (kernelVersionCode() >= versionCode("5.8")) return ok(found);
      return {
        state: "missing",
        found,
        cure: "Linux 5.8 brought ring buffers and is the oldest that Waggle is for",
      };
    },
  },
  capability("CAP_BPF", "programs and maps", true),
  capability("CAP_PERFMON", "tracing", true),
  capability("CAP_NET_ADMIN", "programs for packets, sockets and cgroups"),
  capability("CAP_SYS_ADMIN", "what other processes loaded, by id"),
  {
    name: "lockdown",
    needed: true,
    look() {
      const mode = lockdownMode();
      if (mode === undefined) return ok("the kernel is not locked down");
      const cure = "start without Secure Boot, or without the kernel's option lockdown";
      return mode === "integrity"
        ? { state: "limited", found: "integrity: programs must not write to the memory of processes", cure }
        : { state: "missing", found: "confidentiality: programs must not read the kernel's memory", cure };
    },
  },
  {
    name: "types of the kernel",
    needed: true,
    look() {
      if (fileExists("/sys/kernel/btf/vmlinux")) return ok("/sys/kernel/btf/vmlinux");
      const cure = "use a kernel with CONFIG_DEBUG_INFO_BTF, or give types to load({ btf })";
      return { state: "missing", found: "the kernel has no BTF", cure };
    },
  },
  {
    name: "tracefs",
    needed: true,
    look() {
      const file = tracefsFile("README") ?? tracefsFile("events");
      if (file !== undefined) return ok(file.replace(/\/[^/]*$/, ""));
      return {
        state: "missing",
        found: "not mounted, or not for this process to see: no tracepoints by name",
        cure: "mount -t tracefs tracefs /sys/kernel/tracing",
      };
    },
  },
  mount("bpffs", "bpf", "pins", "mount -t bpf bpf /sys/fs/bpf"),
  mount("cgroups", "cgroup2", "programs of cgroups", "mount -t cgroup2 cgroup2 /sys/fs/cgroup"),
  feature("ring buffers", () => probeMapType("ringbuf"), "use perf buffers", true),
  feature("tracepoints", () => probeProgramType("tracepoint"), "none works without them", true),
  feature("kprobes", kprobes, "use tracepoints, or fentry where it is there"),
  feature(
    "uprobes",
    () => probeLinkType("perf_event"),
    "Linux 5.15 attaches by links; older kernels by perf events",
  ),
  feature("many uprobes at once", () => probeLinkType("uprobe_multi"), "attach them one by one"),
  feature("fentry and fexit", () => probeLinkType("tracing"), "use kprobes, or tracepoints"),
  {
    name: "LSM programs",
    look() {
      const names = textOf("/sys/kernel/security/lsm");
      if (names !== undefined && !names.split(",").includes("bpf")) {
        return {
          state: "missing",
          found: `bpf is not among the security modules: ${names}`,
          cure: `start with lsm=${names},bpf`,
        };
      }
      return found(probeProgramType("lsm"), "use cgroup programs, or tracepoints");
    },
  },
  feature("XDP", () => probeLinkType("xdp"), "use tc"),
  feature("tcx", () => probeLinkType("tcx"), "classic tc filters do the same"),
  feature("struct_ops", () => probeProgramType("struct_ops"), "there is no other way"),
  feature("iterators", () => probeLinkType("iter"), "read /proc"),
  feature("user stacks", () => probeHelper("bpf_get_stack", "tracepoint"), "use stack maps"),
  {
    name: "hardware counters",
    look() {
      if (fileExists("/sys/bus/event_source/devices/cpu")) return ok("cycles, instructions, cache misses");
      return {
        state: "limited",
        found: "none, as in most virtual machines",
        cure: "profile by the CPU clock",
      };
    },
  },
  {
    name: "kernel symbols",
    look() {
      const value = Number(textOf("/proc/sys/kernel/kptr_restrict") ?? 0);
      if (value < 2 && (value === 0 || missingCapabilities("CAP_SYS_ADMIN").length === 0)) {
        return ok("addresses are shown");
      }
      return {
        state: "limited",
        found: `kernel.kptr_restrict is ${value}: stacks of the kernel have no names`,
        cure: "sysctl kernel.kptr_restrict=0",
      };
    },
  },
  {
    name: "compiler for programs",
    look() {
      // Where it cannot be turned off there is no such file: CONFIG_BPF_JIT_ALWAYS_ON has 1 in it, and nothing else
      const value = textOf("/proc/sys/net/core/bpf_jit_enable");
      if (value !== "0") return ok("programs run as machine code");
      return {
        state: "limited",
        found: "programs are interpreted, at a tenth of the speed",
        cure: "sysctl net.core.bpf_jit_enable=1",
      };
    },
  },
];

function capability(name: Capability, what: string, needed?: true): Check {
  return {
    name,
    ...needed && { needed },
    look() {
      if (missingCapabilities(name).length === 0) return ok(what);
      return {
        state: needed ? "missing" : "limited",
        found: `not of this process: ${what}`,
        cure: "run as root",
      };
    },
  };
}

function mount(name: string, type: string, what: string, cure: string): Check {
  return {
    name,
    look() {
      const [, path] = new RegExp(`^\\S+ (\\S+) ${type} `, "m").exec(textOf("/proc/self/mounts") ?? "") ?? [];
      return path === undefined ? { state: "limited", found: `not mounted: no ${what}`, cure } : ok(path);
    },
  };
}

function feature(name: string, probe: () => FeatureAnswer | Finding, cure: string, needed?: true): Check {
  return {
    name,
    ...needed && { needed },
    look() {
      const answer = probe();
      return "found" in answer ? answer : found(answer, cure);
    },
  };
}

function found(answer: FeatureAnswer, cure: string): Finding {
  const since = answer.since === undefined ? "" : `since Linux ${answer.since}`;
  switch (answer.state) {
    case "present":
      return ok(since || "there");
    case "absent": {
      const old = answer.since !== undefined && kernelVersionCode() < versionCode(answer.since);
      return {
        state: "missing",
        found: old ? `it came with Linux ${answer.since}` : "the kernel is built without",
        cure,
      };
    }
    case "refused":
      return { state: "missing", found: answer.reason, cure };
    case "unknown":
      return { state: "unknown", found: answer.reason };
  }
}

/** The kernel lists what perf events can be of. */
function kprobes(): Finding {
  if (fileExists("/sys/bus/event_source/devices/kprobe")) return ok("functions of the kernel");
  return {
    state: "missing",
    found: "the kernel is built without (CONFIG_KPROBE_EVENTS)",
    cure: "use tracepoints, or fentry where it is there",
  };
}

function textOf(path: string): string | undefined {
  return fileExists(path) ? readTextFile(path).trim() : undefined;
}
