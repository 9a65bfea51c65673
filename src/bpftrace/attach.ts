/**
 * Programs of scripts: loaded, and attached where their probes say.
 *
 * @module
 */
import {
  attachKprobe,
  attachKprobeMulti,
  type Attachment,
  attachPerfEvent,
  attachRawTracepoint,
  attachTracepoint,
  attachTracing,
  attachUprobe,
  attachUprobeMulti,
  attachUsdtPlaces,
  type PerfEventOptions,
  UsdtAttachment,
} from "../link/places.ts";
import type { BpfMap } from "../map/core.ts";
import { lostOf, type PlannedProgram } from "../lang/bpftrace/mod.ts";
import { loadProgram, type LoadProgramOptions, type Program } from "../program/mod.ts";
import type { Target } from "./points.ts";

/** What programs are for the kernel, by the kind of their probe. */
const TYPES: Readonly<Record<string, LoadProgramOptions["type"]>> = {
  // Run by hand, in this process
  BEGIN: "raw_tracepoint",
  END: "raw_tracepoint",
  tracepoint: "tracepoint",
  rawtracepoint: "raw_tracepoint",
  kprobe: "kprobe",
  kretprobe: "kprobe",
  kfunc: "tracing",
  kretfunc: "tracing",
  uprobe: "kprobe",
  uretprobe: "kprobe",
  usdt: "kprobe",
  profile: "perf_event",
  interval: "perf_event",
  software: "perf_event",
  hardware: "perf_event",
};

type NameOf<T extends PerfEventOptions["type"]> = Extract<PerfEventOptions, { type: T }>["event"];
type HardwareName = NameOf<"hardware">;
type SoftwareName = NameOf<"software">;

/** How often events happen before the program runs, where nobody says: those that are rare, and all others. */
const RARE: Readonly<Record<string, number>> = {
  "page-faults": 100,
  "context-switches": 1000,
  "cpu-migrations": 1,
  "minor-faults": 100,
  "major-faults": 1,
  "alignment-faults": 1,
  "emulation-faults": 1,
  dummy: 1,
  "bpf-output": 1,
};
const USUAL = 1_000_000;

function periodOf(event: string, count: string): number {
  return Number(count || (RARE[event] ?? USUAL));
}

/** Loads a program for a kind of probe. */
export function load(
  { instructions, maps }: PlannedProgram,
  { kind, function: name, parts, usdt }: Target,
  all: Readonly<Record<string, BpfMap>>,
  multi: boolean,
): Program {
  const names = new Set([...maps].flatMap((name) => [name, lostOf(name)]));
  const used = Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
  const expected = {
    ...kind === "kfunc" && { expectedAttachType: "trace_fentry" as const, attachTo: name ?? "" },
    ...kind === "kretfunc" && { expectedAttachType: "trace_fexit" as const, attachTo: name ?? "" },
    ...multi && kind.startsWith("k") && { expectedAttachType: "trace_kprobe_multi" as const },
    ...(multi && kind.startsWith("u") || usdt?.together) &&
      { expectedAttachType: "trace_uprobe_multi" as const },
  };
  return loadProgram({
    name: parts.at(-1) ?? kind,
    type: TYPES[kind] ?? "kprobe",
    instructions,
    maps: used,
    ...expected,
  });
}

/** Attaches a program to a place; `pid` is the process that counts, where there is one. */
export function attach(program: Program, { kind, parts, usdt }: Target, pid: number | undefined): Attachment {
  const [, first = "", second = ""] = parts;
  const process = pid === undefined ? {} : { pid };
  switch (kind) {
    case "tracepoint":
      return attachTracepoint(program, `${first}:${second}`);
    case "rawtracepoint":
      return attachRawTracepoint(program, first);
    case "kprobe":
    case "kretprobe":
      return attachKprobe(program, first, { return: kind === "kretprobe" });
    case "kfunc":
    case "kretfunc":
      return attachTracing(program);
    case "uprobe":
    case "uretprobe": {
      const options = { return: kind === "uretprobe", ...process };
      return /[*?]/.test(second)
        ? attachUprobeMulti(program, first, { pattern: second, ...options })
        : attachUprobe(program, first, /^\d|^0x/.test(second) ? Number(second) : second, options);
    }
    case "usdt": {
      if (!usdt) throw new TypeError(`Cannot attach to ${parts.join(":")}: its places are not known`);
      const links = attachUsdtPlaces(program, usdt.found, usdt.cookies, pid);
      return new UsdtAttachment(links, () => {});
    }
    case "interval":
      return attachPerfEvent(program, {
        type: "software",
        event: "cpu-clock",
        ...rate(first, second),
        cpu: 0,
      });
    case "profile":
      return attachPerfEvent(program, {
        type: "software",
        event: "cpu-clock",
        ...rate(first, second),
        ...process,
      });
    case "hardware": {
      const period = periodOf(first, second);
      return attachPerfEvent(program, {
        type: "hardware",
        event: first as HardwareName,
        period,
        ...process,
      });
    }
    default: {
      const period = periodOf(first, second);
      return attachPerfEvent(program, {
        type: "software",
        event: first as SoftwareName,
        period,
        ...process,
      });
    }
  }
}

/** Attaches a program to many functions of the kernel at once. */
export function attachMany(program: Program, targets: readonly Target[]): Attachment {
  const symbols = targets.map(({ parts }) => parts[1] ?? "");
  return attachKprobeMulti(program, { symbols, return: targets[0]?.kind === "kretprobe" });
}

const NANOSECONDS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3 };

function rate(unit: string, number: string): { readonly frequency: number } | { readonly period: number } {
  return unit === "hz"
    ? { frequency: Number(number) }
    : { period: Number(number) * (NANOSECONDS[unit] ?? 1) };
}
