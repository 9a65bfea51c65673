/**
 * What a way to attach a program is.
 *
 * @module
 */
import type {
  Attachment,
  CgroupOrder,
  NetfilterOptions,
  Netns,
  PerfEventOptions,
  SocketTarget,
  SockmapTarget,
} from "../link/mod.ts";
import type { BpfMap } from "../map/mod.ts";
import type { Program } from "../program/mod.ts";

/** Options of {@linkcode ObjectProgram.attach}: the places that sections leave open, and what some ways to attach allow. */
export interface AttachOptions {
  /** The name of a network device: for `xdp`, `tcx/…`, `tc/ingress` and `tc/egress`, `netkit/…`. */
  readonly device?: string;
  /** The path of a cgroup's directory: for `cgroup…`, `sockops`, `lsm_cgroup/…`; for `iter/cgroup`, which one is listed. */
  readonly cgroup?: string;
  /** A network namespace: for `sk_lookup` and `flow_dissector`. */
  readonly netns?: Netns;
  /** A map of sockets: for `sk_msg` and `sk_skb/…`. */
  readonly sockets?: SockmapTarget;
  /** For `socket` and `sk_reuseport`. */
  readonly socket?: SocketTarget;
  /** The path of an infrared receiver, `/dev/lirc0`: for `lirc_mode2`. */
  readonly receiver?: string;
  /** What is counted, and how often the program runs: for `perf_event`. */
  readonly event?: PerfEventOptions;
  /** For `netfilter`. */
  readonly netfilter?: NetfilterOptions;
  /** The map that is listed: for `iter/bpf_map_elem` and its like. */
  readonly map?: BpfMap;
  /** In which order: for `iter/cgroup`. */
  readonly order?: CgroupOrder;
  /** The process: for `uprobe` and its like and `usdt`; for `iter/task`, which one is listed. All of them by default. */
  readonly pid?: number;
  /** What `bpf_get_attach_cookie()` returns in the program: for tracepoints, probes, `fentry` and its like. */
  readonly cookie?: bigint;
}

/** A way to attach a program. */
export interface Way {
  /** The options that it takes. */
  readonly takes: ReadonlySet<string>;
  /** The one of them that names the place, where the section does not. */
  readonly needs: keyof AttachOptions | undefined;
  /** Attaches; the options are those that it takes, and those that it needs are there. */
  attach(program: Program, options: AttachOptions): Attachment;
}

/** A way to a place that the section names. */
export function way<K extends keyof AttachOptions = never>(
  takes: readonly K[],
  attach: (program: Program, options: Pick<AttachOptions, K>) => Attachment,
): Way {
  return { takes: new Set(takes), needs: undefined, attach };
}

/** A way to a place that an option names. */
export function wayTo<K extends keyof AttachOptions>(
  needs: K,
  attach: (program: Program, place: NonNullable<AttachOptions[K]>) => Attachment,
): Way {
  return {
    takes: new Set([needs]),
    needs,
    attach(program, { [needs]: place }) {
      if (place === undefined || place === null) throw new TypeError(`Cannot attach: there is no ${needs}`);
      return attach(program, place);
    },
  };
}
