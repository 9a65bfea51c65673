/**
 * What programs may be attached as.
 *
 * @module
 */
import { NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { permissionHint } from "../kernel/mod.ts";
import {
  type AttachType,
  attachTypeNumber,
  type Program,
  type ProgramType,
  programTypeOf,
} from "../program/mod.ts";
import { ERRNO, progAttach } from "../sys/mod.ts";

/** Attach types by the type of programs. */
export type AttachTypes<T extends AttachType> = Readonly<Partial<Record<ProgramType, readonly T[]>>>;

/**
 * What a program may be attached as. Most are loaded for one attach type, which the kernel keeps and does not tell where
 * another process loaded the program. It compares it before it looks for the target, though (`bpf_prog_attach`): a wrong
 * one is `EINVAL`, a right one without a target `EBADF`.
 *
 * @param what The attachment in messages.
 *
 * @throws {TypeError} The program is of a type that none of `known` is for, or may be attached as several.
 * @throws {PermissionError} The process lacks a capability.
 */
export function expectedAttachType<T extends AttachType>(
  what: string,
  program: Program,
  known: AttachTypes<T>,
  option: string,
): T {
  const type = programTypeOf(program);
  const all: readonly T[] = (known as Readonly<Record<string, readonly T[]>>)[type] ?? [];
  if (all.length === 0) {
    const types = Object.keys(known);
    const expected = types.length === 1 ? types.join() : `one of ${types.join(", ")}`;
    throw new TypeError(`Cannot create ${what}: the program is of type ${type}, not ${expected}`);
  }
  const [only, ...others] = all;
  if (only !== undefined && others.length === 0) return only;
  const loadedFor = all.find((candidate) => candidate === program.expectedAttachType);
  if (loadedFor !== undefined) return loadedFor;
  const possible = all.filter((candidate) => fits(what, program, candidate));
  const [first, ...rest] = possible;
  if (first === undefined) {
    throw new NotSupportedError(
      `Cannot create ${what}: this kernel takes the program for none of ${all.join(", ")}: give ${option}`,
    );
  }
  if (rest.length === 0) return first;
  const choice = possible.map((candidate) => `"${candidate}"`).join(" or ");
  throw new TypeError(
    `Cannot create ${what}: the program may be attached as any of several: give ${option}: ${choice}`,
  );
}

/** No descriptor. */
const NONE = -1;

function fits(what: string, program: Program, type: AttachType): boolean {
  try {
    progAttach(what, {
      target_fd: NONE,
      attach_bpf_fd: program.descriptor.fd,
      attach_type: attachTypeNumber(type),
    });
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno === ERRNO.EPERM) {
      const hint = permissionHint("CAP_BPF", "CAP_NET_ADMIN");
      throw new PermissionError(`Cannot create ${what}: not permitted: ${hint}`, { cause });
    }
    return cause.errno !== ERRNO.EINVAL;
  }
  return true;
}
