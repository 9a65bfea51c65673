/**
 * Links that the kernel is asked to make to nothing: a kernel that knows their type complains about the place.
 *
 * @module
 */
import { SyscallError, WaggleError } from "../errors.ts";
import { type Capability, kernelBtf } from "../kernel/mod.ts";
import {
  type AttachType,
  attachTypeNumber,
  neededCapabilities,
  type ProgramType,
  programTypeNumber,
} from "../program/mod.ts";
import { cString, ERRNO, linkCreate, progAttach, words64 } from "../sys/mod.ts";
import { failure, type Outcome, outcomeOf } from "./_outcome.ts";
import { attemptProgram, loadedProgram, NO_TARGET, RETURN } from "./_program.ts";

/** Fields of `BPF_LINK_CREATE`. */
type LinkFields = Parameters<typeof linkCreate>[1];

/** No descriptor, so that a kernel that looks at the field says `EBADF`. */
const NONE = 0xffff_ffff;
/** An interface that no machine has. */
const NO_INTERFACE = 0x7fff_ffff;

/** A link to nothing. */
export interface LinkProbe {
  readonly programType: ProgramType;
  readonly attachType: AttachType;
  /** What the program is loaded with, where the kernel compares. */
  readonly expected?: AttachType;
  readonly fields: () => LinkFields;
  /** The error number that only a kernel gives that knows such links. */
  readonly proof: number;
}

/** A link to a descriptor that is none. */
export function toNoDescriptor(
  programType: ProgramType,
  attachType: AttachType,
  expected?: AttachType,
): LinkProbe {
  return {
    programType,
    attachType,
    ...(expected && { expected }),
    fields: () => ({ target_fd: NONE }),
    proof: ERRNO.EBADF,
  };
}

/** A link to an interface that is none: `tcx_link_attach` and `netkit_link_attach` look for it before all else. */
export function toNoInterface(attachType: AttachType): LinkProbe {
  return {
    programType: "sched_cls",
    attachType,
    fields: () => ({ target_ifindex: NO_INTERFACE }),
    proof: ERRNO.ENODEV,
  };
}

/** A link to an address that the kernel cannot read: `bpf_kprobe_multi_link_attach`. */
export function toNoAddress(attachType: AttachType): LinkProbe {
  return {
    programType: "kprobe",
    attachType,
    expected: attachType,
    fields: () => ({ "kprobe_multi.cnt": 1, "kprobe_multi.addrs": 1n }),
    proof: ERRNO.EFAULT,
  };
}

/** A link to a file without code, a folder: `bpf_uprobe_multi_link_attach`. */
export function toNoFile(attachType: AttachType): LinkProbe {
  return {
    programType: "kprobe",
    attachType,
    expected: attachType,
    fields: () => ({
      "uprobe_multi.path": cString("/"),
      "uprobe_multi.offsets": words64([0n]),
      "uprobe_multi.cnt": 1,
    }),
    proof: ERRNO.EBADF,
  };
}

/** A link to a family of protocols that has no netfilter hooks: `bpf_nf_check_pf_and_hooks`. */
export const TO_NO_FAMILY: LinkProbe = {
  programType: "netfilter",
  attachType: "netfilter",
  fields: () => ({ "netfilter.pf": 255 }),
  proof: ERRNO.EAFNOSUPPORT,
};

/** The capabilities to attach programs of a type: what is not for tracing is for the network. */
export function attachCapabilities(type: ProgramType): readonly Capability[] {
  const needed = neededCapabilities(programTypeNumber(type));
  return needed.includes("CAP_PERFMON") ? needed : ["CAP_BPF", "CAP_NET_ADMIN"];
}

/** Asks for a link (`BPF_LINK_CREATE`). */
export function attemptLink({ programType, attachType, expected, fields, proof }: LinkProbe): Outcome {
  const program = loadedProgram({
    type: programType,
    instructions: RETURN,
    ...(expected && { attachType: expected }),
  });
  if (typeof program !== "object") return program;
  using _ = program;
  const link = { prog_fd: program.fd, attach_type: attachTypeNumber(attachType), ...fields() };
  return outcomeOf(() => linkCreate("a link that is only tried", link), [proof]);
}

/** Asks to attach to a descriptor that is none (`BPF_PROG_ATTACH`), where older kernels make no links. */
export function attemptAttach(
  programType: ProgramType,
  attachType: AttachType,
  expected?: AttachType,
): Outcome {
  const program = loadedProgram({
    type: programType,
    instructions: RETURN,
    ...(expected && { attachType: expected }),
  });
  if (typeof program !== "object") return program;
  using _ = program;
  const fields = { attach_bpf_fd: program.fd, target_fd: NONE, attach_type: attachTypeNumber(attachType) };
  return outcomeOf(() => progAttach("a program that is only tried", fields), [ERRNO.EBADF]);
}

/** Loads a program for a target that is none: the verifier says so where it knows the attach type. */
export function attemptTarget(type: ProgramType, attachType: AttachType): Outcome {
  const { errno, log } = attemptProgram({ type, attachType, instructions: RETURN, target: NO_TARGET });
  return log.length > 0 ? "present" : failure(errno);
}

/** A number of no attach type. */
const NO_ATTACH_TYPE = 0xffff;

/** Loads a program with an attach type, and with one that is none: a kernel that takes both looks at neither. */
export function attemptLoad(type: ProgramType, attachType: AttachType): Outcome {
  const { errno } = attemptProgram({ type, attachType, instructions: RETURN });
  if (errno !== 0) return failure(errno);
  const control = attemptProgram({ type, attachType: NO_ATTACH_TYPE, instructions: RETURN });
  return control.errno === ERRNO.EINVAL ? "present" : "absent";
}

/** Whether the kernel is built with a function; what keeps this from being found out, as a text. */
export function hasFunction(name: string): "present" | "absent" | { readonly reason: string } {
  try {
    const btf = kernelBtf();
    return btf.idsNamed(name).some((id) => btf.kindOf(id) === "function") ? "present" : "absent";
  } catch (error) {
    if (!(error instanceof WaggleError) || error instanceof SyscallError) throw error;
    return { reason: error.message };
  }
}
