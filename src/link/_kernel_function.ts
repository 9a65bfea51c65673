/**
 * Why the kernel refuses probes in its functions.
 *
 * @module
 */
import { NotFoundError, NotSupportedError, type SyscallError } from "../errors.ts";
import { closest, kernelFunctions } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { explainAttach } from "./explain.ts";

/** The error where a kernel is built without probes of its functions. */
export function withoutKprobes(what: string, option: string, cause?: SyscallError): NotSupportedError {
  return new NotSupportedError(
    `Cannot create ${what}: this kernel is built without probes of its functions (${option}): ` +
      "take a tracepoint, or a program of raw_tp or tp_btf",
    { cause },
  );
}

/** The error where none of the names is of a function; the message lists the closest names to the first. */
export function unknownFunction(what: string, names: readonly string[], cause: SyscallError): Error {
  const known = new Set(kernelFunctions());
  const unknown = names.filter((name) => !known.has(name));
  const [first = ""] = unknown;
  if (unknown.length === 0) {
    return new NotFoundError(
      `Cannot create ${what}: not all functions can be traced: tracefs lists those in available_filter_functions`,
      { cause },
    );
  }
  return new NotFoundError(
    `Cannot create ${what}: this kernel has no function "${first}": it may be inlined, or have another name` +
      closest(first, known),
    { cause },
  );
}

/** What errors of kprobes mean: `register_kprobe` and `create_local_trace_kprobe`. */
export function explainKprobe(
  cause: SyscallError,
  what: string,
  program: Program,
  needs: Readonly<Record<string, boolean>>,
): Error {
  const asked = Object.keys(needs).filter((need) => needs[need]);
  return explainAttach(cause, {
    program,
    what,
    types: ["kprobe"],
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    hints: {
      [ERRNO.EINVAL]: [
        ...asked,
        "the kernel may keep probes out of the function (/sys/kernel/debug/kprobes/blacklist)",
      ].join(", or "),
      [ERRNO.EADDRNOTAVAIL]: "there are several functions of that name",
      [ERRNO.EILSEQ]: "the offset is not the start of an instruction",
      [ERRNO.EBUSY]: "another probe or a livepatch is in the way",
    },
  });
}
