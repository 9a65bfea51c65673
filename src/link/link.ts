/**
 * What all links have in common.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, objInfo, objPin, syscallError } from "../sys/mod.ts";
import { LINK_INFO } from "../uapi/mod.ts";

/** What the kernel knows about a link (`struct bpf_link_info`). */
export interface LinkInfo {
  /** The number that the kernel gave it. */
  readonly id: number;
  /** `enum bpf_link_type`. */
  readonly type: number;
  /** The id of the program that the link runs. */
  readonly programId: number;
}

const PIN_HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EPERM]:
    "the directory is not in a BPF file system, such as /sys/fs/bpf (mount -t bpf bpf /sys/fs/bpf)",
  [ERRNO.ENOENT]: "the directory is not there",
  [ERRNO.EEXIST]: "the path is taken",
  [ERRNO.EINVAL]: "the attachment is not a link: before Linux 5.15 those to tracepoints are not",
};

/** A program's attachment. It ends when the link is closed, unless it is pinned. */
export class Link implements Disposable {
  readonly #descriptor: Descriptor;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
  }

  /** The descriptor, for system calls. */
  get descriptor(): Descriptor {
    return this.#descriptor;
  }

  /**
   * What the kernel knows about the link.
   *
   * @throws {SyscallError} The attachment is not a link: before Linux 5.15 those to tracepoints are not.
   */
  get info(): LinkInfo {
    const info = objInfo(this.#descriptor, LINK_INFO, {});
    return { id: info.get("id"), type: info.get("type"), programId: info.get("prog_id") };
  }

  /**
   * Gives the attachment a name in a BPF file system, such as below `/sys/fs/bpf`, under which it outlives the process.
   *
   * @throws {SyscallError} The path is taken, or not in a BPF file system; the attachment is not a link.
   */
  pin(path: string): void {
    try {
      objPin(this.#descriptor, path);
    } catch (error) {
      const hint = error instanceof SyscallError ? PIN_HINTS[error.errno] : undefined;
      if (!(error instanceof SyscallError) || hint === undefined) throw error;
      const action = `pin ${this.#descriptor.what} to ${JSON.stringify(path)}`;
      throw syscallError(error.errno, error.syscall, action, hint);
    }
  }

  /** Detaches the program, unless the link is pinned; harmless when it is closed already. */
  close(): void {
    this.#descriptor.close();
  }

  /** Detaches the program. */
  [Symbol.dispose](): void {
    this.close();
  }
}
