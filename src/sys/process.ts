/**
 * Processes and threads as descriptors.
 *
 * @module
 */
import { checked, trySyscall } from "./call.ts";
import { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";

const PIDFD_THREAD = 0x80; // O_EXCL

/**
 * A descriptor of a process or thread (`pidfd_open`), whose id it is good for even when that is used again. Since Linux
 * 5.3; of threads that are not the first of their process since 6.9.
 */
export function openTask(id: number): Descriptor {
  const what = `task ${id}`;
  let result = trySyscall("pidfd_open", id, 0);
  // Not the first thread of its process; EINVAL in older kernels
  if (result === -ERRNO.ENOENT || result === -ERRNO.EINVAL) {
    result = trySyscall("pidfd_open", id, PIDFD_THREAD);
  }
  return new Descriptor(checked(result, "pidfd_open", `open ${what}`), what);
}
