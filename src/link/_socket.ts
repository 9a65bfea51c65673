/**
 * Programs of sockets.
 *
 * @module
 */
import { PermissionError } from "../errors.ts";
import { type Program, type ProgramType, programTypeOf } from "../program/mod.ts";
import { checked, Descriptor, ERRNO, setSocketOption, syscallError } from "../sys/mod.ts";
import type { Attachment } from "./link.ts";

/** A socket: its descriptor, which stays the caller's, or what has one. */
export type SocketTarget = number | { readonly descriptor: Descriptor };

/** How a program of a socket is attached and detached. */
export interface SocketHook {
  /** In messages. */
  readonly what: string;
  readonly attach: number;
  readonly detach: number;
  /** The types that programs there have, the usual one first. */
  readonly types: readonly ProgramType[];
  readonly hints: Readonly<Record<number, string>>;
}

/** Attaches by `setsockopt(2)`. A descriptor of its own keeps the socket open until the attachment is closed. */
export function attachToSocket(program: Program, target: SocketTarget, hook: SocketHook): Attachment {
  const fd = typeof target === "number" ? target : target.descriptor.fd;
  const what = `${hook.what} of program "${program.name}" to socket ${fd}`;
  if (!Number.isInteger(fd) || fd < 0) {
    throw new RangeError(`Cannot attach ${what}: ${fd} is no descriptor`);
  }
  using undo = new DisposableStack();
  const socket = undo.use(Descriptor.duplicate(fd, `socket ${fd}`));
  const result = setSocketOption(socket, hook.attach, program.descriptor.fd);
  if (result < 0) throw explain(-result, program, `create ${what}`, hook);
  const resources = undo.move();
  const close = () => {
    if (resources.disposed) return;
    using _ = resources;
    const result = setSocketOption(socket, hook.detach, 0);
    // Somebody detached it already
    if (result !== -ERRNO.ENOENT) checked(result, "setsockopt", `detach ${what}`);
  };
  return { close, [Symbol.dispose]: close };
}

function explain(errno: number, program: Program, action: string, { types, hints }: SocketHook): Error {
  const type = programTypeOf(program);
  const cause = syscallError(errno, "setsockopt", action, hints[errno]);
  if (errno === ERRNO.EINVAL && !types.some((accepted) => accepted === type)) {
    return new TypeError(`Cannot ${action}: the program is of type ${type}, not ${types[0]}`, { cause });
  }
  // `sk_attach_bpf`: what SO_LOCK_FILTER has done
  if (errno === ERRNO.EPERM) {
    return new PermissionError(
      `Cannot ${action}: not permitted: the filter of the socket is locked for good`,
      {
        cause,
      },
    );
  }
  return cause;
}
