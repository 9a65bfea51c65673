/**
 * Why the kernel refuses a map or an element.
 *
 * @module
 */
import { MapFullError, NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { permissionHint } from "../kernel/mod.ts";
import { ERRNO, pageSize, syscallError } from "../sys/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { NewMap } from "./create.ts";
import { mapTypeName } from "./kind.ts";

/** The error to throw in place of `cause`, which `BPF_MAP_CREATE` gave. */
export function explainCreate(cause: SyscallError, map: NewMap): Error {
  const head = `Cannot create map "${map.name}" (${mapTypeName(map.type)})`;
  switch (cause.errno) {
    case ERRNO.EPERM:
      return new PermissionError(`${head}: not permitted: ${permissionHint("CAP_BPF")}`, { cause });
    case ERRNO.EINVAL: {
      const since = SINCE[map.type];
      const rule = since && brokenRule(map);
      if (rule) return new RangeError(`${head}: ${rule}`, { cause });
      if (since && map.flags === 0) {
        return new NotSupportedError(`${head}: this kernel has no such maps: they came with Linux ${since}`, {
          cause,
        });
      }
      return syscallError(
        cause.errno,
        cause.syscall,
        `create map "${map.name}" (${mapTypeName(map.type)})`,
        `keys of ${map.keySize} and values of ${map.valueSize} bytes or the flags 0x${
          map.flags.toString(16)
        } do not ` +
          "fit the type",
      );
    }
    case ERRNO.E2BIG:
    case ERRNO.ENOMEM:
      return new RangeError(
        `${head}: ${map.maxEntries} elements of ${map.keySize} + ${map.valueSize} bytes are too much for the kernel`,
        { cause },
      );
    default:
      return cause;
  }
}

/** Which demand of its type a map does not meet: `*_map_alloc_check` in kernel/bpf. */
function brokenRule({ type, keySize, valueSize, maxEntries }: NewMap): string | undefined {
  switch (type) {
    case BPF_MAP_TYPE.RINGBUF: {
      const page = pageSize();
      const good = maxEntries >= page && Number.isInteger(Math.log2(maxEntries));
      if (!good) return `its size, ${maxEntries} bytes, is not a power of two of at least ${page}`;
      return keySize + valueSize === 0 ? undefined : "a ring buffer has no keys and values";
    }
    case BPF_MAP_TYPE.ARRAY:
    case BPF_MAP_TYPE.PERCPU_ARRAY:
      if (keySize !== 4) return `keys of an array have 4 bytes, not ${keySize}`;
  }
  if (maxEntries === 0) return "maxEntries is 0";
  if (keySize === 0) return "keys of 0 bytes";
  return valueSize === 0 ? "values of 0 bytes" : undefined;
}

/** The kernel that brought a type whose demands {@linkcode brokenRule} knows in full. */
const SINCE: Readonly<Record<number, string>> = {
  [BPF_MAP_TYPE.HASH]: "3.19",
  [BPF_MAP_TYPE.ARRAY]: "3.19",
  [BPF_MAP_TYPE.PERCPU_HASH]: "4.6",
  [BPF_MAP_TYPE.PERCPU_ARRAY]: "4.6",
  [BPF_MAP_TYPE.LRU_HASH]: "4.10",
  [BPF_MAP_TYPE.LRU_PERCPU_HASH]: "4.10",
  [BPF_MAP_TYPE.RINGBUF]: "5.8",
};

/** The error to throw where a command on an element of a map fails; the negative result says how. */
export function elementError(verb: string, map: string, result: number): Error {
  const cause = syscallError(-result, "bpf(2)", `${verb} an element of map "${map}"`);
  const head = `Cannot ${verb} an element of map "${map}"`;
  switch (-result) {
    case ERRNO.E2BIG:
    case ERRNO.ENOMEM:
    case ERRNO.ENOSPC:
      return new MapFullError(`${head}: the map is full`, { cause });
    case ERRNO.EEXIST:
      return new SyscallError(`${head}: there is one with this key already`, cause);
    case ERRNO.ENOENT:
      return new NotFoundError(`${head}: there is none with this key`, { cause });
    case ERRNO.ENOTSUPP:
      return new NotSupportedError(`${head}: this kernel cannot with maps of this type`, { cause });
    case ERRNO.EPERM:
      return new PermissionError(`${head}: the map is read-only or frozen, or was opened so`, { cause });
    default:
      return cause;
  }
}
