/**
 * Links to netfilter.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import { attachTypeNumber, type Program } from "../program/mod.ts";
import { ERRNO, linkCreate } from "../sys/mod.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";
import { linksWhere, namedProgram } from "./_occupants.ts";

/** Where on their way packets are seen. */
export type NetfilterHook = "prerouting" | "input" | "forward" | "output" | "postrouting";

/** Options of {@linkcode attachNetfilter}. */
export interface NetfilterOptions {
  /** Of which packets. */
  readonly family: "ipv4" | "ipv6";
  /** Where on their way. */
  readonly hook: NetfilterHook;
  /**
   * Lower numbers come first; 0, that of filters, by default. Not the lowest and highest there are, -2147483648 and
   * 2147483647. Where packets are put together, higher than -400.
   */
  readonly priority?: number;
  /** Has fragments put together before the program sees them (`BPF_F_NETFILTER_IP_DEFRAG`). Since Linux 6.6. */
  readonly defragment?: boolean;
}

/** `enum nf_inet_hooks` of `include/uapi/linux/netfilter.h`. */
const HOOKS: Readonly<Record<NetfilterHook, number>> = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
};

/** `NFPROTO_…` of the same. */
const FAMILIES = { ipv4: 2, ipv6: 10 } as const;

/** `BPF_F_NETFILTER_IP_DEFRAG` of `include/uapi/linux/bpf.h`. */
const DEFRAGMENT = 1;

const LOWEST = -0x8000_0000;
const HIGHEST = 0x7fff_ffff;
/** `NF_IP_PRI_CONNTRACK_DEFRAG`. */
const DEFRAGMENT_PRIORITY = -400;

/**
 * Attaches a program to a hook of netfilter in this process's network namespace (`BPF_PROG_TYPE_NETFILTER`): it returns
 * `NF_ACCEPT` (1) or `NF_DROP` (0). Several run in the order of their priorities. The link keeps its program. Since
 * Linux 6.4.
 *
 * @example What comes in for this machine
 * ```ts ignore
 * import { attachNetfilter, load } from "@waggle/ebpf";
 *
 * await using object = await load("firewall.bpf.o");
 * using link = attachNetfilter(object.programs.get("firewall"), { family: "ipv4", hook: "input", priority: -100 });
 * ```
 *
 * @throws {TypeError} The program is of another type.
 * @throws {RangeError} The priority is none that a program may have.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {NotSupportedError} The kernel lacks netfilter for the family, or what puts fragments together.
 * @throws {SyscallError} Another program has the priority, which the message names; the kernel is older than Linux 6.4.
 */
export function attachNetfilter(program: Program, options: NetfilterOptions): Link {
  const { family, hook, priority = 0, defragment = false } = options;
  const what = `a link of program "${program.name}" to netfilter (${family} ${hook})`;
  checkPriority(what, priority, defragment);
  try {
    return new Link(linkCreate(what, {
      prog_fd: program.descriptor.fd,
      attach_type: attachTypeNumber("netfilter"),
      "netfilter.pf": FAMILIES[family],
      "netfilter.hooknum": HOOKS[hook],
      "netfilter.priority": priority,
      "netfilter.flags": defragment ? DEFRAGMENT : 0,
    }));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (defragment && cause.errno !== ERRNO.EPERM && cause.errno !== ERRNO.EINVAL) {
      throw new NotSupportedError(
        `Cannot create ${what}: this kernel cannot put the fragments of ${family} together: ` +
          `it needs Linux 6.6 and the module nf_defrag_${family}`,
        { cause },
      );
    }
    if (cause.errno === ERRNO.EAFNOSUPPORT) {
      throw new NotSupportedError(`Cannot create ${what}: this kernel has no netfilter for ${family}`, {
        cause,
      });
    }
    throw explainAttach(cause, {
      program,
      what,
      types: ["netfilter"],
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: {
        // `nf_hook_entries_grow`
        ...(cause.errno === ERRNO.EBUSY && { [ERRNO.EBUSY]: samePriority(options) }),
        [ERRNO.EINVAL]: "the kernel is older than Linux 6.4",
        [ERRNO.E2BIG]: "1024 functions are attached to the hook, which is the most that fit",
      },
    });
  }
}

/** Which program has the priority; those of other network namespaces are not told apart. */
function samePriority({ family, hook, priority = 0 }: NetfilterOptions): string {
  const there = linksWhere((link) =>
    link.type === "netfilter" && link.family === FAMILIES[family] && link.hook === HOOKS[hook] &&
    link.priority === priority
  ).map(({ programId }) => namedProgram(programId));
  return `each program there has a priority of its own, and ${priority} has ${
    there.join(" or ") || "another program"
  }: use another one`;
}

/** What `bpf_nf_check_pf_and_hooks` and its like refuse without a reason. */
function checkPriority(what: string, priority: number, defragment: boolean): void {
  if (!Number.isInteger(priority) || priority <= LOWEST || priority >= HIGHEST) {
    throw new RangeError(
      `Cannot create ${what}: priority ${priority} is not an integer from ${LOWEST + 1} to ${HIGHEST - 1}`,
    );
  }
  if (defragment && priority <= DEFRAGMENT_PRIORITY) {
    throw new RangeError(
      `Cannot create ${what}: priority ${priority} comes before fragments are put together: ` +
        `use one higher than ${DEFRAGMENT_PRIORITY}`,
    );
  }
}
