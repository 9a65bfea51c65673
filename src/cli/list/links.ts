import { deviceName } from "../../kernel/mod.ts";
import { type LinkInfo, listLinks } from "../../link/mod.ts";
import { listPrograms } from "../../program/mod.ts";
import { type Held, held, HELD_COLUMNS, heldMembers, type Listing } from "./listing.ts";

/** What a link tells of where it is, as `bpftool -j` names it. */
type Members = Readonly<Record<string, unknown>>;

type Row = LinkInfo & Held & {
  /** Of the program that it runs; empty in links of structs of functions. */
  readonly program: { readonly type: string; readonly name: string };
};

/** The links of the kernel. */
export const links: Listing<Row> = {
  columns: [
    { header: "ID", value: ({ id }) => id },
    { header: "TYPE", value: ({ type }) => type },
    { header: "PROGRAM", value: ({ programId, program: { name } }) => `${programId} ${name}`.trimEnd() },
    { header: "WHERE", value: where },
    ...HELD_COLUMNS,
  ],
  rows() {
    const programs = new Map(listPrograms().map(({ id, type, name }) => [id, { type, name }]));
    const none = { type: "", name: "" };
    return held("LINK", listLinks()).map((link) => ({
      ...link,
      program: programs.get(link.programId) ?? none,
    }));
  },
  record: (link) => ({
    id: link.id,
    type: link.type,
    prog_id: link.programId,
    ...membersOf(link),
    ...heldMembers(link),
  }),
};

/** What is particular to the type. */
function membersOf(link: Row): Members {
  switch (link.type) {
    case "raw_tracepoint":
      return { tp_name: link.name, ...cookieOf(link) };
    case "tracing":
      return {
        prog_type: link.program.type,
        attach_type: link.attachType,
        target_obj_id: link.targetObjectId,
        target_btf_id: link.targetTypeId,
        ...cookieOf(link),
      };
    case "cgroup":
      return { cgroup_id: Number(link.cgroupId), attach_type: link.attachType };
    case "iter":
      return {
        target_name: link.target,
        ...link.mapId !== 0 && { map_id: link.mapId },
        ...link.tid !== 0 && { tid: link.tid },
        ...link.pid !== 0 && { pid: link.pid },
        ...link.cgroupId !== 0n && { cgroup_id: Number(link.cgroupId) },
      };
    case "netns":
      return { netns_ino: link.inode, attach_type: link.attachType };
    case "xdp":
      return deviceMembers(link.device);
    case "tcx":
    case "netkit":
      return { ...deviceMembers(link.device), attach_type: link.attachType };
    case "netfilter":
      return { pf: link.family, hook: link.hook, prio: link.priority, flags: link.flags };
    case "struct_ops":
      return { map_id: link.mapId };
    case "sockmap":
      return { map_id: link.mapId, attach_type: link.attachType };
    case "perf_event":
      return { event: withoutBig(link.event) };
    case "kprobe_multi":
      return { func_cnt: link.count, missed: Number(link.missed), flags: link.flags };
    case "uprobe_multi":
      return { path: link.path, func_cnt: link.count, pid: link.pid, flags: link.flags };
    default:
      return {};
  }
}

function cookieOf({ cookie }: { readonly cookie: bigint }): Members {
  return cookie === 0n ? {} : { cookie: Number(cookie) };
}

function deviceMembers(index: number): Members {
  return { devname: deviceName(index) ?? "", ifindex: index };
}

function withoutBig(event: object): Members {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]),
  );
}

/** Where it is, in a few words. */
function where(link: Row): string {
  if (link.type === "perf_event") return Object.values(withoutBig(link.event)).join(" ");
  if (link.type === "tracing") return link.attachType;
  return Object.entries(membersOf(link)).map(([name, value]) => `${name} ${value}`).join(" ");
}
