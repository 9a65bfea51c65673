/** What is said of links that the kernel refuses for what the machine or the process is. */
import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Native, native, systemCalls, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { PermissionError } from "../../src/errors.ts";
import {
  attachPerfEvent,
  attachRawTracepoint,
  attachTcx,
  attachTracepoint,
  attachUprobe,
} from "../../src/link/mod.ts";
import { loadProgram, type Program, type ProgramType } from "../../src/program/mod.ts";
import { cString, textOf } from "../../src/sys/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";
import { target } from "./_target.ts";

const EPERM = 1;
const EACCES = 13;

function load(type: ProgramType): Program {
  return loadProgram({ name: "refused", type, instructions: [mov(r0, 0), exit()] });
}

/** This kernel, as if it refused links and perf events, and showed these files in the place of its own. */
function refusing(folder: string, files: Readonly<Record<string, string>>): Native {
  const real = native();
  const { openat, perf_event_open } = systemCalls(real.arch);
  const copies = new Map(
    Object.entries(files).map(([path, text], i) => {
      const copy = join(folder, `${i}`);
      writeFileSync(copy, text);
      return [path, cString(copy)];
    }),
  );
  return {
    ...real,
    bpf: (command, ...rest) =>
      command === BPF_CMD.LINK_CREATE || command === BPF_CMD.RAW_TRACEPOINT_OPEN
        ? -EPERM
        : real.bpf(command, ...rest),
    syscall(number, a, b, ...rest) {
      if (number === perf_event_open) return -EACCES;
      const path = number === openat ? textOf(new Uint8Array(real.bufferAt(BigInt(b ?? 0), 64))) : "";
      const copy = copies.get(path);
      return real.syscall(number, a, copy ? real.addressOf(copy.buffer) : b, ...rest);
    },
  };
}

/** A process with the bits of CAP_BPF and CAP_NET_ADMIN, of `linux/capability.h`, and one with all. */
const STATUS = { some: "CapEff:\t0000008000001000\n", all: "CapEff:\t000001ffffffffff\n" } as const;

test(
  "links name the sysctl that has perf events ask for CAP_PERFMON",
  { needs: ["bpf", "tracefs", "cc"] },
  () => {
    const file = "/proc/sys/kernel/perf_event_paranoid";
    const name = "sched:sched_process_exec";
    const clock = { type: "software", event: "cpu-clock", frequency: 1 } as const;
    withFolder((folder) => {
      for (
        const [value, state] of [["4", ", and the sysctl kernel.perf_event_paranoid is 4"], [
          "-1",
          "",
        ]] as const
      ) {
        using tracepoint = load("tracepoint");
        using event = load("perf_event");
        using kprobe = load("kprobe");
        using _ = useNative(refusing(folder, { "/proc/self/status": STATUS.some, [file]: `${value}\n` }));
        const lacks = (more: string) => `not permitted: the process lacks CAP_PERFMON${more}: run it as root`;
        assertThrows(() => attachTracepoint(tracepoint, name), PermissionError, lacks(state));
        assertThrows(() => attachPerfEvent(event, clock), PermissionError, lacks(state));
        // The kernel asks for it whatever the sysctl says
        assertThrows(() => attachUprobe(kprobe, target(), "waggle_first"), PermissionError, lacks(""));
      }
    });
    assertEquals(Number.isInteger(Number(readFileSync(file, "utf8"))), true);
  },
);

test("links name a kernel that is locked down", { needs: ["bpf", "cc"] }, () => {
  withFolder((folder) => {
    using raw = load("raw_tracepoint");
    using filter = load("sched_cls");
    using kprobe = load("kprobe");
    for (
      const [modes, state] of [
        [
          "none integrity [confidentiality]\n",
          ", but the kernel is locked down (confidentiality): start it without Secure Boot or the option lockdown",
        ],
        ["none [integrity] confidentiality\n", ": a security module, lockdown or seccomp may refuse it"],
      ] as const
    ) {
      using _ = useNative(
        refusing(folder, { "/proc/self/status": STATUS.all, "/sys/kernel/security/lockdown": modes }),
      );
      const has = (capability: string) => `not permitted: it has CAP_BPF, ${capability}${state}`;
      assertThrows(() => attachRawTracepoint(raw, "sched_process_exec"), PermissionError, has("CAP_PERFMON"));
      assertThrows(() => attachTcx(filter, "lo", "ingress"), PermissionError, has("CAP_NET_ADMIN"));
      assertThrows(() => attachUprobe(kprobe, target(), "waggle_first"), PermissionError, has("CAP_PERFMON"));
    }
  });
});
