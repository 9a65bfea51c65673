/**
 * What the results of system calls show.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { ERRNO } from "../sys/mod.ts";

/** What an attempt shows: that the kernel has the feature, that it has not, or the number of an error that is about neither. */
export type Outcome = "present" | "absent" | number;

/** Error numbers by which a kernel tells that it does not know something, or was built without it. */
const LACKING: ReadonlySet<number> = new Set([
  ERRNO.EINVAL,
  ERRNO.E2BIG, // a field of bpf_attr that the kernel does not know is set
  ERRNO.EOPNOTSUPP,
  ERRNO.ENOTSUPP,
]);

/** What it means where an attempt fails by a number: `proof` are those that only a kernel with the feature gives. */
export function failure(errno: number, proof: readonly number[] = []): Outcome {
  if (proof.includes(errno)) return "present";
  return LACKING.has(errno) ? "absent" : errno;
}

/** Does what a kernel without the feature refuses. */
export function outcomeOf(attempt: () => Disposable | void, proof: readonly number[] = []): Outcome {
  try {
    attempt()?.[Symbol.dispose]();
    return "present";
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return failure(error.errno, proof);
  }
}
