/**
 * Why the kernel refuses a map or an element.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { MapFullError, NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { memlockHint, permissionHintWith } from "../kernel/mod.ts";
import { ERRNO, syscallError } from "../sys/mod.ts";
import type { NewMap } from "./create.ts";
import { mapTypeName } from "./kind.ts";
import { brokenRule, flagNames, RULES } from "./rules.ts";

/** What the kernel may refuse sizes with. */
const ABOUT_SIZES: ReadonlySet<number> = new Set([ERRNO.EINVAL, ERRNO.E2BIG, ERRNO.ERANGE]);

/** The error to throw in place of `cause`, which `BPF_MAP_CREATE` gave. */
export function explainCreate(cause: SyscallError, map: NewMap): Error {
  const head = `Cannot create map "${map.name}" (${mapTypeName(map.type)})`;
  const broken = ABOUT_SIZES.has(cause.errno) ? brokenRule(map) : undefined;
  if (broken) return new RangeError(`${head}: ${broken}`, { cause });
  switch (cause.errno) {
    case ERRNO.EPERM:
      return new PermissionError(
        `${head}: not permitted: ${
          permissionHintWith("kernel.unprivileged_bpf_disabled", "CAP_BPF")
        }${memlockHint()}`,
        { cause },
      );
    case ERRNO.EINVAL: {
      const since = RULES[map.type]?.since;
      // With no flags but those that the type asks for, nothing but the type is left to refuse
      if (since && (map.flags & ~(RULES[map.type]?.flags ?? 0)) === 0) {
        return new NotSupportedError(`${head}: this kernel has no such maps: they came with Linux ${since}`, {
          cause,
        });
      }
      const hint = since === undefined
        ? `keys of ${map.keySize} and values of ${map.valueSize} bytes or the flags do not fit the type`
        : `maps of this type do not take the flags ${flagNames(map.flags).join(", ")}, or not together`;
      return syscallError(
        cause.errno,
        cause.syscall,
        `create map "${map.name}" (${mapTypeName(map.type)})`,
        hint,
      );
    }
    case ERRNO.E2BIG:
    case ERRNO.ENOMEM:
      return new RangeError(
        `${head}: ${map.maxEntries} elements of ${map.keySize} + ${map.valueSize} bytes are too much for the kernel`,
        { cause },
      );
    case ERRNO.EOPNOTSUPP:
      return new NotSupportedError(`${head}: this kernel does not support it: ${unsupportedHint(map.type)}`, {
        cause,
      });
    default:
      return cause;
  }
}

function unsupportedHint(type: number): string {
  return mapTypeName(type) === "inode_storage"
    ? 'it was started without "bpf" among its security modules (option "lsm")'
    : "it lacks what maps of this type or these flags are for";
}

/** The error to throw in place of `cause`, which `BPF_MAP_FREEZE` gave. */
export function explainFreeze(cause: unknown, map: string): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  const head = `Cannot freeze map "${map}"`;
  switch (cause.errno) {
    case ERRNO.EBUSY:
      return new SyscallError(
        `${head}: it is mapped for writing, or just being written to: close its memory first`,
        cause,
      );
    case ERRNO.ENOTSUPP:
      return new NotSupportedError(
        `${head}: the kernel cannot freeze maps of this type, or with locks, timers or pointers in their values`,
        { cause },
      );
    case ERRNO.EPERM:
      return new PermissionError(`${head}: it was opened for reading, or the process lacks CAP_BPF`, {
        cause,
      });
    default:
      return cause;
  }
}

/** Encodes a key or a value for a map, and says so where it does not fit. */
export function encodeFor<T>(
  map: string,
  part: "key" | "value",
  codec: Codec<T>,
  view: DataView,
  at: number,
  value: T,
): void {
  try {
    codec.write(view, at, value);
  } catch (error) {
    throw encodingError(error, `the ${part} for map "${map}"`);
  }
}

/** Says what could not be encoded: `Cannot encode the key for map "counts": -1 as u32: not an integer from 0 to …`. */
export function encodingError(error: unknown, what: string): unknown {
  if (!(error instanceof RangeError || error instanceof TypeError)) return error;
  if (!error.message.startsWith("Cannot encode ")) return error;
  const message = error.message.replace("Cannot encode ", `Cannot encode ${what}: `);
  return error instanceof RangeError
    ? new RangeError(message, { cause: error })
    : new TypeError(message, { cause: error });
}

/**
 * The error to throw where a command on an element of a map fails; the negative result says how. `done` is how many
 * elements the command was through with, where it is about several.
 */
export function elementError(verb: string, map: string, result: number, done?: number): Error {
  const action = `${verb} ${done === undefined ? "an element" : `element ${done + 1}`} of map "${map}"`;
  const cause = syscallError(-result, "bpf(2)", action);
  const head = `Cannot ${action}`;
  switch (-result) {
    case ERRNO.ENOSPC:
      if (verb === "look up" || verb === "list") {
        const hint = "values of 4 bytes have no room for the cookies of sockets: declare them as __u64";
        return syscallError(-result, "bpf(2)", action, hint);
      }
      return new MapFullError(`${head}: the map is full`, { cause });
    case ERRNO.E2BIG:
    case ERRNO.ENOMEM:
      return new MapFullError(`${head}: the map is full`, { cause });
    case ERRNO.EEXIST:
      return new SyscallError(`${head}: there is one with this key already`, cause);
    case ERRNO.ENOENT:
      return new NotFoundError(`${head}: there is none with this key`, { cause });
    case ERRNO.ENOTSUPP:
    case ERRNO.EOPNOTSUPP:
      return new NotSupportedError(`${head}: this kernel cannot with maps of this type`, { cause });
    case ERRNO.EPERM:
      return new PermissionError(`${head}: the map is read-only or frozen, or was opened so`, { cause });
    case ERRNO.EINVAL:
      return syscallError(-result, "bpf(2)", action, "the map does not take this value or option");
    case ERRNO.EBUSY:
      return syscallError(-result, "bpf(2)", action, "the kernel is at the same element: try again");
    default:
      return cause;
  }
}

/** What is wrong, or the cure, by error number. */
export type Hints = Readonly<Record<number, string>>;

/** Does something that the kernel may refuse. Where there is a hint for its error number, that replaces a general reason. */
export function explained<R>(action: string, hints: Hints, command: () => R): R {
  try {
    return command();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof SyscallError ? error.cause : error;
    const hint = cause instanceof SyscallError ? hints[cause.errno] : undefined;
    if (!(cause instanceof SyscallError) || hint === undefined) throw error;
    throw syscallError(cause.errno, cause.syscall, action, hint);
  }
}

/** Whether a number is one that descriptors, process ids and indices of devices can have: a C `int` of 0 or more. */
export function isNatural(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= 0x7fff_ffff;
}
