/**
 * Whether programs are attached and run.
 *
 * @module
 */
import { structOps, useMap } from "../map/mod.ts";
import { type BpfObject, ObjectProgram } from "../object/mod.ts";
import type { Program, ProgramInfo } from "../program/mod.ts";
import type { ProgramSpec } from "../spec/mod.ts";
import { type Attached, type AttachedNow, attachmentsOf } from "./_attached.ts";
import { type DevicesSeen, idleFindings } from "./_idle.ts";
import { type MapLook, programIdsIn } from "./_map.ts";
import { placeOf } from "./_place.ts";
import { setFilters } from "./_variables.ts";
import type { AttachmentReport, Finding, ProgramReport } from "./parts.ts";

/** What was found when the look ended, for all programs. */
export interface Look {
  /** For how long, in words: `1 s`. */
  readonly span: string;
  /** Why runs were not counted; `undefined` where they were. */
  readonly uncounted: string | undefined;
  readonly attached: AttachedNow;
  readonly devices: DevicesSeen;
}

/** A program that is looked at twice. */
export class ProgramWatch {
  readonly program: Program;
  readonly #object: BpfObject | undefined;
  readonly #before: ProgramInfo | undefined;

  /** Looks for the first time. */
  constructor(program: Program, object?: BpfObject) {
    this.program = program;
    this.#object = object;
    this.#before = program.descriptor.closed ? undefined : program.info;
  }

  /** The type, as the kernel names it; empty where the program is closed. */
  get type(): string {
    return this.#before?.type ?? "";
  }

  /** Looks again. `maps` are those of the object. */
  look(look: Look, maps: readonly MapLook[] = []): ProgramReport {
    const { program } = this;
    const before = this.#before;
    const spec = program instanceof ObjectProgram ? program.spec : undefined;
    const base = { kind: "program", name: program.name, section: spec?.section ?? this.type } as const;
    if (!before || program.descriptor.closed) {
      const text =
        "the script closed it: links and pins alone keep it alive, which cannot be looked into from here";
      return {
        ...base,
        section: base.section || "closed",
        id: undefined,
        attachments: [],
        runs: undefined,
        misses: 0,
        findings: [{ level: "problem", code: "closed", text }],
      };
    }
    const info = program.info;
    const runs = look.uncounted === undefined ? Number(info.runCount - before.runCount) : undefined;
    const found = [
      ...attachmentsOf(program, info, look.attached, look.devices.now),
      ...this.#insideObject(info.id, spec, look.attached),
    ];
    const attachments = found.map((attached) => attachmentReport(attached, look.devices, runs));
    const findings = [
      ...(found.length === 0 ? [notAttached(program, info, look, runs)] : []),
      ...(found.length === 0 && runs === 0
        ? []
        : runFindings(look, runs, Number(before.runCount), attachments)),
      ...missFindings(info),
      ...this.#filterFindings(info, runs, maps),
      ...printFindings(spec),
    ];
    return { ...base, id: info.id, attachments, runs, misses: Number(info.recursionMisses), findings };
  }

  /** Attachments by the maps of the object: structs of functions, and tail calls. */
  #insideObject(id: number, spec: ProgramSpec | undefined, { links }: AttachedNow): Attached[] {
    const maps = [...this.#object?.maps ?? []].filter(({ descriptor }) => !descriptor.closed);
    const calls = maps.flatMap((map) =>
      programIdsIn(map).filter((place) => place.id === id)
        .map(({ index }) => ({
          kind: "other" as const,
          text: `tail calls by "${map.name}" [${index}]`,
          own: true,
        }))
    );
    return spec?.section.startsWith("struct_ops") ? [...calls, ...this.#structs(links)] : calls;
  }

  /** The structs with the program that are registered, by links or without one. */
  #structs(links: AttachedNow["links"]): Attached[] {
    const { name } = this.program;
    const object = this.#object;
    const structs = object?.spec.maps.filter(({ structOps }) =>
      structOps?.functions.some((one) => one.program === name)
    );
    return (structs ?? []).flatMap((struct): Attached[] => {
      const map = [...object?.maps ?? []].find((one) => one.name === struct.name && !one.descriptor.closed);
      if (!map) return [];
      const { id } = map.info;
      const linked = links.filter(({ info }) => info.type === "struct_ops" && info.mapId === id);
      if (linked.length > 0) return linked.map((link) => ({ kind: "link", ...link }));
      const { state } = useMap(map.descriptor, structOps(), { name: map.name });
      return state === "inuse"
        ? [{ kind: "other", text: `struct "${map.name}", without a link`, own: true }]
        : [];
    });
  }

  #filterFindings(info: ProgramInfo, runs: number | undefined, maps: readonly MapLook[]): Finding[] {
    const mine = maps.filter(({ id, silent }) => silent !== undefined && info.mapIds.includes(id));
    if (!runs || mine.length === 0 || mine.some(({ silent }) => !silent)) return [];
    const names = mine.map(({ report }) => `"${report.name}"`).join(", ");
    const filters = this.#object && this.program instanceof ObjectProgram
      ? setFilters(this.#object, this.program)
      : [];
    const why = filters.length > 0
      ? `variables that it reads, and may filter by, are ${filters.join(", ")}`
      : "no constant that it reads is set: it may filter by what is written in it, or by what a map holds";
    return [{ level: "problem", code: "filtered", text: `it ran and put nothing into ${names}: ${why}` }];
  }
}

/** Where one attachment is, and why nothing may happen there. */
export function attachmentReport(
  attached: Attached,
  devices: DevicesSeen,
  runs: number | undefined,
): AttachmentReport {
  const { own } = attached;
  if (attached.kind === "other") {
    return { kind: "attachment", linkId: undefined, place: attached.text, own, findings: [] };
  }
  const { text, gone } = placeOf(attached.info, devices.now);
  const findings: Finding[] = gone === undefined
    ? [...(runs === 0 ? idleFindings(attached.info, devices) : []), ...linkMisses(attached)]
    : [{ level: "problem", code: "gone", text: `${gone} is gone: the link is an empty shell: attach anew` }];
  return { kind: "attachment", linkId: attached.info.id, place: text, own, findings };
}

/** What links to functions count themselves: since Linux 6.7. */
function linkMisses({ info }: Attached & { readonly kind: "link" }): Finding[] {
  const missed = info.type === "kprobe_multi"
    ? info.missed
    : info.type === "perf_event" && "missed" in info.event
    ? info.event.missed
    : 0n;
  if (missed === 0n) return [];
  const text =
    `it did not run ${missed} times: probes were running on that CPU already, or all room for returns was taken`;
  return [{ level: "problem", code: "missed", text }];
}

/** Types whose places do not say what is attached to them. */
const UNLISTED: ReadonlySet<string> = new Set([
  "socket_filter",
  "sk_reuseport",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "lirc_mode2",
  "flow_dissector",
  "sk_msg",
  "sk_skb",
  "sched_act",
  "cgroup_device",
]);

function notAttached(
  { expectedAttachType }: Program,
  { type }: ProgramInfo,
  { attached: { incomplete } }: Look,
  runs: number | undefined,
): Finding {
  const unknown = (text: string): Finding => ({ level: "unknown", code: "not-attached", text });
  if (type === "syscall") {
    return { level: "fact", code: "not-attached", text: "it is not attached but run, by run()" };
  }
  if (runs) return unknown("nothing was found that attaches it, but it runs");
  if (type === "struct_ops") return problem("it is a function of a struct: attachStructOps() of the object");
  if (expectedAttachType === "xdp_devmap" || expectedAttachType === "xdp_cpumap") {
    return unknown(
      `whether a map has it cannot be told: it runs for the ${
        expectedAttachType === "xdp_devmap" ? "devices" : "CPUs"
      } of a map, which it is put into`,
    );
  }
  if (UNLISTED.has(type)) {
    return unknown(
      "whether it is attached cannot be told: the kernel does not list attachments of this type",
    );
  }
  if (incomplete !== undefined) {
    return unknown(
      `this process attaches it nowhere; whether another or a pin does is not known: ${incomplete}`,
    );
  }
  return problem("it is not attached: call attach() and keep what it returns: it ends when that is closed");
}

function problem(text: string): Finding {
  return { level: "problem", code: "not-attached", text };
}

function runFindings(
  { span, uncounted }: Look,
  runs: number | undefined,
  earlier: number,
  attachments: readonly AttachmentReport[],
): Finding[] {
  if (runs === undefined) {
    const before = earlier > 0 ? `; it ran ${times(earlier)} earlier, while somebody counted` : "";
    return [{
      level: "unknown",
      code: "runs",
      text: `how often it ran was not counted: ${uncounted}${before}`,
    }];
  }
  const before = earlier > 0 ? `, and ${times(earlier)} earlier while somebody counted` : "";
  const text = `it ran ${times(runs)} in ${span}${before}`;
  // A place may say more of why
  const told = attachments.some(({ findings }) => findings.length > 0);
  return [{ level: runs > 0 || told ? "fact" : "problem", code: "runs", text }];
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function missFindings({ recursionMisses }: ProgramInfo): Finding[] {
  if (recursionMisses === 0n) return [];
  const text =
    `it did not run ${times(Number(recursionMisses))} since it was loaded because it, or another that this ` +
    "kernel runs one at a time, ran on that CPU";
  return [{ level: "problem", code: "missed", text }];
}

/** `BPF_JMP | BPF_CALL`. */
const CALL = 0x85;
/** `bpf_trace_printk`, `bpf_trace_vprintk`: what `bpf_printk()` of libbpf calls. */
const PRINTS: readonly number[] = [6, 177];

function printFindings(spec: ProgramSpec | undefined): Finding[] {
  const instructions = spec?.instructions ?? [];
  const findings: Finding[] = [];
  if (instructions.some(({ opcode, src, imm }) => opcode === CALL && src === 0 && PRINTS.includes(imm))) {
    findings.push({
      level: "fact",
      code: "prints",
      text:
        "what it prints by bpf_printk() goes to /sys/kernel/tracing/trace_pipe, for whoever reads that first",
    });
  }
  if (
    instructions.some(({ reference }) =>
      reference?.kind === "ksym" && /^bpf_stream_v?printk/.test(reference.name)
    )
  ) {
    findings.push({
      level: "fact",
      code: "prints",
      text: "what it prints by bpf_stream_printk() waits for readStream() of the program",
    });
  }
  return findings;
}
