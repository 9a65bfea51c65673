/**
 * Descriptors that know who closes them.
 *
 * @module
 */
import { type Native, native, systemCalls } from "../../ffi/mod.ts";
import { ClosedError } from "../errors.ts";
import { syscall } from "./call.ts";

const F_DUPFD_CLOEXEC = 1030;
const FIRST_FREE = 3;

/** A file descriptor with one owner, closed when that is disposed of. */
export class Descriptor implements Disposable {
  #fd: number;
  readonly #what: string;
  readonly #native = native();

  /**
   * Takes `fd` over. `what` names the object in messages: `map "events"`.
   *
   * Numbers below 3 are moved up: `union bpf_attr` reads descriptor 0 as "none", and 1 and 2 are written to by everyone.
   */
  constructor(fd: number, what: string) {
    this.#what = what;
    this.#fd = fd < FIRST_FREE ? moveUp(fd, what) : fd;
    NET.register(this, { fd: this.#fd, native: this.#native }, this);
  }

  /**
   * The number, for system calls.
   *
   * @throws {ClosedError} It was closed or taken.
   */
  get fd(): number {
    if (this.#fd < 0) throw new ClosedError(`Cannot use ${this.#what}: it is closed`);
    return this.#fd;
  }

  /** What the descriptor stands for, for messages. */
  get what(): string {
    return this.#what;
  }

  /** Whether it was closed or taken. */
  get closed(): boolean {
    return this.#fd < 0;
  }

  /** A descriptor for what a number stands for that somebody else owns. */
  static duplicate(fd: number, what: string): Descriptor {
    return new Descriptor(duplicate(fd, what), what);
  }

  /** Another descriptor of the same kernel object, with an owner of its own. */
  clone(): Descriptor {
    return new Descriptor(duplicate(this.fd, this.#what), this.#what);
  }

  /** Gives the ownership away: the caller closes the number from here on. */
  take(): number {
    const fd = this.fd;
    this.#release();
    return fd;
  }

  /** Closes the descriptor; harmless when it is closed already. */
  close(): void {
    if (this.#fd >= 0) close({ fd: this.#release(), native: this.#native });
  }

  /** Closes the descriptor. */
  [Symbol.dispose](): void {
    this.close();
  }

  #release(): number {
    const fd = this.#fd;
    this.#fd = -1;
    NET.unregister(this);
    return fd;
  }
}

/** A number means something only to the door that gave it: one that a test opened is nothing to the kernel. */
interface Owned {
  readonly fd: number;
  readonly native: Native;
}

/** Closes what its owner forgot, whenever the collector gets to it. */
const NET: FinalizationRegistry<Owned> = new FinalizationRegistry(close);

function moveUp(fd: number, what: string): number {
  try {
    return duplicate(fd, what);
  } finally {
    close({ fd, native: native() });
  }
}

function duplicate(fd: number, what: string): number {
  return syscall(`duplicate the descriptor of ${what}`, "fcntl", fd, F_DUPFD_CLOEXEC, FIRST_FREE);
}

// Linux releases the descriptor even where close(2) fails with EINTR, so it is never retried.
function close({ fd, native }: Owned): void {
  native.syscall(systemCalls(native.arch).close, fd);
}
