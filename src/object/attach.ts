/**
 * Attaching programs as their sections say.
 *
 * @module
 */
import {
  attachCgroup,
  attachLirc,
  type Attachment,
  attachNetfilter,
  attachNetkit,
  attachNetns,
  attachPerfEvent,
  attachReuseport,
  attachSocketFilter,
  attachSockmap,
  attachTcx,
  attachXdp,
  type SockmapAttachType,
} from "../link/mod.ts";
import { type AttachType, type ProgramType, programTypeName } from "../program/mod.ts";
import { wayToNamed } from "./attach_named.ts";
import { type AttachOptions, type Way, wayTo } from "./attach_way.ts";
import type { ObjectProgram } from "./program.ts";

/** What sections with a place that options name do, by the type of program and what it is loaded for. */
const BY_OPTION: Readonly<Partial<Record<ProgramType | AttachType, Way>>> = {
  xdp: wayTo("device", attachXdp),
  tcx_ingress: wayTo("device", (program, device) => attachTcx(program, device, "ingress")),
  tcx_egress: wayTo("device", (program, device) => attachTcx(program, device, "egress")),
  netkit_primary: wayTo("device", (program, device) => attachNetkit(program, device, "primary")),
  netkit_peer: wayTo("device", (program, device) => attachNetkit(program, device, "peer")),
  sk_skb_stream_parser: wayToSockets("sk_skb_stream_parser"),
  sk_skb_stream_verdict: wayToSockets("sk_skb_stream_verdict"),
  sk_skb_verdict: wayToSockets("sk_skb_verdict"),
  sk_msg_verdict: wayToSockets("sk_msg_verdict"),
  netfilter: wayTo("netfilter", attachNetfilter),
  perf_event: wayTo("event", attachPerfEvent),
  socket_filter: wayTo("socket", attachSocketFilter),
  sk_reuseport: wayTo("socket", attachReuseport),
  sk_lookup: wayTo("netns", attachNetns),
  flow_dissector: wayTo("netns", attachNetns),
  lirc_mode2: wayTo("receiver", attachLirc),
};

function wayToSockets(attachType: SockmapAttachType): Way {
  return wayTo("sockets", (program, sockets) => attachSockmap(program, sockets, attachType));
}

const TO_CGROUP: Way = wayTo("cgroup", (program, cgroup) => attachCgroup(program, cgroup));

/** Why programs are not attached by themselves, by their types or what they are loaded for. */
const OTHERWISE: Readonly<Partial<Record<ProgramType | AttachType, string>>> = {
  syscall: "it is not attached but run: use run()",
  struct_ops: "it is a function of a struct: use attachStructOps() of the object",
  xdp_devmap: "it runs for the devices of a map, which it is put into",
  xdp_cpumap: "it runs for the CPUs of a map, which it is put into",
  sched_cls: 'its section names no direction: write SEC("tcx/ingress"), or use attachTcx() or attachTc()',
  sched_act: 'it is an action of a filter: load it as SEC("tcx/ingress")',
  lwt_in: "it belongs to a route: use attachLwt()",
  lwt_out: "it belongs to a route: use attachLwt()",
  lwt_xmit: "it belongs to a route: use attachLwt()",
  lwt_seg6local: "it belongs to a route: use attachSeg6Local()",
};

/** How a program is attached, or why it is not. */
export function wayOf({ expectedAttachType, maps, spec }: ObjectProgram): Way | string {
  const type = programTypeName(spec.type);
  if (type === "sock_ops" || type.startsWith("cgroup_") || expectedAttachType === "lsm_cgroup") {
    return TO_CGROUP;
  }
  if (spec.attach) return wayToNamed(spec.attach, spec, maps);
  for (const key of [expectedAttachType, type]) {
    const found = BY_OPTION[key as ProgramType] ?? OTHERWISE[key as ProgramType];
    if (found !== undefined) return found;
  }
  return `SEC("${spec.section}") does not say to what: name it there, or use the function for it`;
}

/**
 * How a program is attached in a way with these options, or what keeps it from that. Options that it does not take do not
 * matter.
 */
export function attacherOf(
  program: ObjectProgram,
  way: Way | string,
  options: AttachOptions,
): (() => Attachment) | string {
  if (typeof way === "string") return way;
  const { needs, takes } = way;
  if (needs !== undefined && options[needs] === undefined) {
    return `its section leaves the place open: give ${needs}`;
  }
  const taken = Object.entries(options).filter(([name, value]) => takes.has(name) && value !== undefined);
  return () => way.attach(program, Object.fromEntries(taken));
}

/** The first option that is for none of the ways. */
export function optionTooMany(
  ways: readonly (Way | string)[],
  options: AttachOptions,
): string | undefined {
  const takes = (name: string) => ways.some((way) => typeof way !== "string" && way.takes.has(name));
  return Object.keys(options).find((name) => !takes(name));
}

/**
 * Attaches a program in the way of its section.
 *
 * @throws {TypeError} There is no way, it needs an option, or takes one not.
 */
export function attachProgram(program: ObjectProgram, options: AttachOptions): Attachment {
  const head = `Cannot attach program "${program.name}" (${program.spec.section})`;
  const way = wayOf(program);
  const attach = attacherOf(program, way, options);
  if (typeof attach === "string") throw new TypeError(`${head}: ${attach}`);
  const tooMany = optionTooMany([way], options);
  if (tooMany !== undefined) throw new TypeError(`${head}: it takes no option "${tooMany}"`);
  return attach();
}
