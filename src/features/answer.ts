/**
 * What is found out about a feature of the kernel.
 *
 * @module
 */
import { NotSupportedError, PermissionError, WaggleError } from "../errors.ts";
import { type Capability, kernelRelease, kernelVersionCode } from "../kernel/mod.ts";
import { atLeast } from "./_versions.ts";

/** A feature that was asked about. */
export interface Feature {
  /** What was asked about, for messages: `map type "ringbuf"`. */
  readonly feature: string;
  /** The version of Linux that brought it: `5.8`. Absent where this library does not know. */
  readonly since?: string;
}

/** The kernel has it. */
export interface Present extends Feature {
  /** Tells it from the other answers. */
  readonly state: "present";
}

/** The kernel does not have it: it is too old, or was built without. */
export interface Absent extends Feature {
  /** Tells it from the other answers. */
  readonly state: "absent";
}

/** The kernel has it, but this machine does not let anybody use it. */
export interface Refused extends Feature {
  /** Tells it from the other answers. */
  readonly state: "refused";
  /** What was observed. */
  readonly reason: string;
}

/** It could not be found out. Asked again, the kernel is asked again. */
export interface Unknown extends Feature {
  /** Tells it from the other answers. */
  readonly state: "unknown";
  /** What kept it from being found out. */
  readonly reason: string;
  /** The capabilities that this process lacks; none where those are not the reason. */
  readonly missing: readonly Capability[];
}

/** What a probe found out. */
export type FeatureAnswer = Present | Absent | Refused | Unknown;

/**
 * Goes on only where the kernel has a feature.
 *
 * @example
 * ```ts ignore
 * import { probeMapType, requireFeature } from "@waggle/ebpf/features";
 *
 * requireFeature(probeMapType("ringbuf"));
 * // NotSupportedError: Cannot use map type "ringbuf": this kernel (5.4.0) lacks it: it came with Linux 5.8
 * ```
 *
 * @throws {NotSupportedError} The kernel does not have it, or the machine refuses it.
 * @throws {PermissionError} It could not be found out, for want of capabilities.
 * @throws {WaggleError} It could not be found out for another reason.
 */
export function requireFeature(answer: FeatureAnswer): void {
  switch (answer.state) {
    case "present":
      return;
    case "absent":
      throw new NotSupportedError(`Cannot use ${answer.feature}: ${whyAbsent(answer)}`);
    case "refused":
      throw new NotSupportedError(`Cannot use ${answer.feature}: ${answer.reason}`);
    case "unknown": {
      const message = `Cannot tell whether there is ${answer.feature}: ${answer.reason}`;
      throw answer.missing.length > 0 ? new PermissionError(message) : new WaggleError(message);
    }
  }
}

function whyAbsent({ since }: Absent): string {
  const head = `this kernel (${kernelRelease()}) lacks it`;
  if (since === undefined) return head;
  return atLeast(kernelVersionCode(), since)
    ? `${head}: it is built without it, though Linux has it since ${since}`
    : `${head}: it came with Linux ${since}`;
}
