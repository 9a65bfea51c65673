/**
 * What links to lists of programs of network devices share (`kernel/bpf/mprog.c`).
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { deviceIndex } from "../kernel/mod.ts";
import { type AttachType, attachTypeNumber, type Program } from "../program/mod.ts";
import { ERRNO, linkCreate } from "../sys/mod.ts";
import { attachProg } from "./_prog_attachment.ts";
import { type Anchor, anchorFields } from "./anchor.ts";
import { explainAttach } from "./explain.ts";
import { type Attachment, Link } from "./link.ts";
import { knownPrograms, stateOf } from "./query.ts";

/** How a program joins the others of a network device. */
export interface DeviceProgramOptions {
  /** Where among the others; last by default. */
  readonly anchor?: Anchor;
  /** Fails where programs came or went since {@linkcode queryPrograms} told this revision. */
  readonly expectedRevision?: bigint;
  /**
   * `link` by default; `program` attaches without a link: the program stays when the process ends without closing it, killed
   * or not, until the device is removed.
   */
  readonly mode?: "link" | "program";
  /** The program to take the place of, attached without a link too: in mode `program`. */
  readonly replace?: Program;
}

/** A list of programs of a device. */
export interface DevicePrograms {
  readonly device: string;
  readonly attachType: Extract<AttachType, `tcx_${string}` | `netkit_${string}`>;
}

/** `BPF_F_REPLACE` of `include/uapi/linux/bpf.h`. */
const REPLACE = 4;

/** Puts a program into a list. `since` is the Linux that has such lists. */
export function attachToDevice(
  program: Program,
  place: DevicePrograms,
  options: DeviceProgramOptions,
  since: string,
): Attachment {
  const { device, attachType } = place;
  const { mode = "link", anchor, replace, expectedRevision = 0n } = options;
  const kind = mode === "link" ? "a link" : "an attachment";
  const what = `${kind} of program "${program.name}" to device "${device}" (${attachType})`;
  if (mode === "link" && replace) {
    throw new TypeError(
      `Cannot create ${what}: links replace nothing: use mode "program", or update the other link`,
    );
  }
  const attach_type = attachTypeNumber(attachType);
  const target = deviceIndex(device);
  const { flags, neighbour } = anchorFields(anchor);
  try {
    if (mode === "link") {
      return new Link(linkCreate(what, {
        prog_fd: program.descriptor.fd,
        target_ifindex: target,
        attach_type,
        flags,
        // Those of netkit lie in the same place
        "tcx.relative_fd": neighbour,
        "tcx.expected_revision": expectedRevision,
      }));
    }
    return attachProg(what, program, { device: target }, {
      attach_type,
      attach_flags: flags | (replace ? REPLACE : 0),
      replace_bpf_fd: replace?.descriptor.fd ?? 0,
      relative_fd: neighbour,
      expected_revision: expectedRevision,
    });
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explainAttach(cause, {
      program,
      what,
      types: ["sched_cls"],
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: cause.errno === ERRNO.EPERM ? {} : hintsFor(place, since),
    });
  }
}

function hintsFor(place: DevicePrograms, since: string): Readonly<Record<number, string>> {
  const { programs, revision } = knownPrograms(place);
  const state = stateOf(programs);
  return {
    [ERRNO.EEXIST]: `the program is attached there already: ${state}`,
    [ERRNO.ENOENT]: `the anchor, or the program to replace, is not attached there: ${state}`,
    [ERRNO.EBUSY]: `the program to replace is attached by a link: update that: ${state}`,
    [ERRNO.ESTALE]: `programs came or went since the expected revision: it is ${revision} now: ${state}`,
    [ERRNO.ERANGE]: `64 programs are attached there, or the place is at odds with the anchor: ${state}`,
    [ERRNO.EINVAL]: `the kernel is older than Linux ${since}, or the anchor is of another type: ${state}`,
  };
}
