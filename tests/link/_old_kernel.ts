/**
 * This kernel, as if it were an older one.
 *
 * @module
 */
import { type Native, native, systemCalls } from "../../ffi/mod.ts";
import { textOf } from "../../src/sys/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";

/** Without links to perf events, as before Linux 5.15. */
export function withoutLinks(): Native {
  const real = native();
  return {
    ...real,
    bpf: (command, ...rest) => command === BPF_CMD.LINK_CREATE ? -22 : real.bpf(command, ...rest),
  };
}

/** Without the PMU of a kind of probes, as before Linux 4.17. */
export function withoutPmu(kind: "uprobe" | "kprobe"): Native {
  const real = native();
  const { openat } = systemCalls(real.arch);
  const folder = `/sys/bus/event_source/devices/${kind}/`;
  return {
    ...real,
    syscall(number, ...args) {
      const opened = number === openat ? new Uint8Array(real.bufferAt(BigInt(args[1] ?? 0), 64)) : undefined;
      if (opened && textOf(opened).startsWith(folder)) return -2;
      return real.syscall(number, ...args);
    },
  };
}

/** With other bytes in what is sent to rtnetlink, of the same length: for asking for what the kernel has not. */
export function sendingInstead(from: readonly number[], to: readonly number[]): Native {
  const real = native();
  const { sendto } = systemCalls(real.arch);
  return {
    ...real,
    syscall(number, ...args) {
      if (number === sendto) {
        const bytes = new Uint8Array(real.bufferAt(BigInt(args[1] ?? 0), Number(args[2])));
        for (let at = 0; at + from.length <= bytes.length; at++) {
          if (from.every((byte, i) => bytes[at + i] === byte)) bytes.set(to, at);
        }
      }
      return real.syscall(number, ...args);
    },
  };
}
