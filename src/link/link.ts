/**
 * What all links have in common.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import { pinObject, removePin } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { type Descriptor, ERRNO, linkDetach, linkUpdate, syscallError } from "../sys/mod.ts";
import { type LinkInfo, readLinkInfo } from "./info.ts";

/** Something attached, whether the kernel has a link for it or not. It ends when it is closed. */
export interface Attachment extends Disposable {
  /** Detaches; harmless when it is closed already. */
  close(): void;
}

/** Options of {@linkcode Link.update}. */
export interface UpdateLinkOptions {
  /** Replaces this program only: fails where another is attached by now (`BPF_F_REPLACE`). */
  readonly replace?: Program;
}

/** `BPF_F_REPLACE` of `include/uapi/linux/bpf.h`. */
const REPLACE = 4;

/** A program's attachment that is a link (`bpf_link`). It ends when the link is closed, unless it is pinned. */
export class Link implements Attachment {
  readonly #descriptor: Descriptor;
  #pin: string | undefined;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, pin?: string) {
    this.#descriptor = descriptor;
    this.#pin = pin;
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
    return readLinkInfo(this.#descriptor);
  }

  /** Where this handle pinned the link, or opened it from; `undefined` where neither. */
  get pinPath(): string | undefined {
    return this.#pin;
  }

  /**
   * Gives the attachment a name in a BPF file system, under which it outlives the process. The folder is made where it is
   * missing; a pin that this handle has already is moved.
   *
   * @param path `/sys/fs/bpf/my_tool/probe`.
   *
   * @throws {NotSupportedError} The path is not in a BPF file system.
   * @throws {PermissionError} The process may not write there.
   * @throws {SyscallError} Something else is pinned there; the attachment is not a link.
   */
  pin(path: string): this {
    try {
      pinObject(this.#descriptor, path, this.#pin);
    } catch (error) {
      if (!(error instanceof SyscallError) || error.errno !== ERRNO.EINVAL) throw error;
      const hint = "the attachment is not a link: before Linux 5.15 those to tracepoints are not";
      throw syscallError(error.errno, error.syscall, `pin ${this.#descriptor.what}`, hint);
    }
    this.#pin = path;
    return this;
  }

  /** Removes the pin at {@linkcode Link.pinPath}; harmless where there is none. */
  unpin(): void {
    removePin(this.#pin);
    this.#pin = undefined;
  }

  /**
   * Puts another program in the place of the attached one, without a moment in which none is (`BPF_LINK_UPDATE`). Since
   * Linux 5.7; for XDP since 5.9.
   *
   * @throws {NotSupportedError} Links of this type keep their program.
   * @throws {SyscallError} The program is of another type, or not the one to replace is attached.
   */
  update(program: Program, { replace }: UpdateLinkOptions = {}): void {
    try {
      linkUpdate(this.#descriptor, {
        new_prog_fd: program.descriptor.fd,
        ...(replace && { old_prog_fd: replace.descriptor.fd, flags: REPLACE }),
      });
    } catch (cause) {
      throw explainUpdate(cause, `update ${this.#descriptor.what}`);
    }
  }

  /**
   * Detaches the program and leaves the link behind as an empty shell, pinned or not (`BPF_LINK_DETACH`). Since Linux 5.9.
   *
   * @throws {NotSupportedError} Links of this type end with their last descriptor and pin alone.
   */
  detach(): void {
    try {
      linkDetach(this.#descriptor);
    } catch (cause) {
      if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EOPNOTSUPP) throw cause;
      throw new NotSupportedError(
        `Cannot detach ${this.#descriptor.what}: links of this type end with their last descriptor and pin: ` +
          "close it",
        { cause },
      );
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

/** `bpf_link_update` and the `update_prog` functions of links. */
function explainUpdate(cause: unknown, action: string): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  switch (cause.errno) {
    // Links without update_prog; trampolines, too
    case ERRNO.EOPNOTSUPP:
      return new NotSupportedError(`Cannot ${action}: links of this type keep their program: attach anew`, {
        cause,
      });
    case ERRNO.EINVAL:
      return syscallError(
        cause.errno,
        cause.syscall,
        action,
        "the program is of another type than the attached one or was loaded for another attach type, " +
          "or links of this type keep their program",
      );
    case ERRNO.EPERM:
      return syscallError(
        cause.errno,
        cause.syscall,
        action,
        "another program is attached than the one to replace",
      );
    case ERRNO.ENOLINK:
      return syscallError(
        cause.errno,
        cause.syscall,
        action,
        "what it was attached to is gone, or it was detached",
      );
    default:
      return cause;
  }
}
