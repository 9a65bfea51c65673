/**
 * Objects of bpf(2) that exist already: by id, pin or descriptor.
 *
 * @module
 */
import { KindError, NotFoundError, PermissionError, SyscallError } from "../errors.ts";
import { Descriptor, ERRNO, nextId, type ObjectKind, objectKind, objGet, openById } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { permissionHint } from "./capabilities.ts";
import { fileSystemOf } from "./pins.ts";

/** Where an object is found. */
export type ObjectSource =
  | { readonly id: number; readonly access?: ObjectAccess }
  | { readonly pin: string; readonly access?: ObjectAccess }
  | { readonly fd: number };

/** What may be done with an object, where not everything. */
export type ObjectAccess = "read" | "write";

const NAMES: Readonly<Record<ObjectKind, string>> = {
  MAP: "map",
  PROG: "program",
  LINK: "link",
  BTF: "BTF",
};

/**
 * Opens an object of a kind, whatever the source.
 *
 * @throws {NotFoundError} There is none with the id, or nothing at the path.
 * @throws {KindError} It is of another kind.
 * @throws {PermissionError} The process may not.
 */
export function openObject(kind: ObjectKind, source: ObjectSource): Descriptor {
  const flags = "access" in source ? accessFlags(source.access) : 0;
  if ("id" in source) return openOfId(kind, source.id, flags);
  using undo = new DisposableStack();
  const descriptor = undo.use("pin" in source ? openPin(source.pin, flags) : duplicate(kind, source.fd));
  const is = objectKind(descriptor);
  if (is !== kind) {
    const what = is === undefined ? "no object of bpf(2)" : `a ${NAMES[is]}`;
    throw new KindError(`Cannot open ${descriptor.what} as a ${NAMES[kind]}: it is ${what}`);
  }
  undo.move();
  return descriptor;
}

/**
 * What `read` makes of each object of a kind, by ascending id.
 *
 * @throws {PermissionError} The process lacks `CAP_SYS_ADMIN`.
 */
export function listObjects<T>(kind: ObjectKind, read: (object: Descriptor) => T): T[] {
  const all: T[] = [];
  try {
    for (let id = nextId(kind, 0); id !== undefined; id = nextId(kind, id)) {
      try {
        using object = openById(kind, id);
        all.push(read(object));
      } catch (error) {
        // Gone since its id was read, or a link that is still being made (`bpf_link_by_id`)
        const passed = error instanceof SyscallError &&
          (error.errno === ERRNO.ENOENT || error.errno === ERRNO.EAGAIN);
        if (!passed) throw error;
      }
    }
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EPERM) throw cause;
    throw new PermissionError(
      `Cannot list the ${NAMES[kind]}s of the kernel: not permitted: ${permissionHint("CAP_SYS_ADMIN")}`,
      { cause },
    );
  }
  return all;
}

function accessFlags(access: ObjectAccess | undefined): number {
  if (access === undefined) return 0;
  return access === "read" ? BPF_MAP_FLAG.RDONLY : BPF_MAP_FLAG.WRONLY;
}

function openOfId(kind: ObjectKind, id: number, flags: number): Descriptor {
  const head = `Cannot open ${NAMES[kind]} ${id}`;
  if (!Number.isInteger(id) || id < 1 || id > 0xffff_ffff) {
    throw new RangeError(`${head}: an id is an integer from 1 to ${0xffff_ffff}`);
  }
  try {
    return openById(kind, id, flags);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno === ERRNO.ENOENT) {
      throw new NotFoundError(`${head}: there is none with this id`, { cause });
    }
    if (cause.errno === ERRNO.EPERM) {
      throw new PermissionError(`${head}: not permitted: ${permissionHint("CAP_SYS_ADMIN")}`, { cause });
    }
    throw cause;
  }
}

function openPin(path: string, flags: number): Descriptor {
  const head = `Cannot open pin ${JSON.stringify(path)}`;
  try {
    return objGet(path, flags);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    switch (cause.errno) {
      case ERRNO.ENOENT:
        throw new NotFoundError(`${head}: there is no such file`, { cause });
      // What bpf_obj_do_get() says of all that is no pin, too
      case ERRNO.EACCES:
      case ERRNO.EPERM: {
        const why = fileSystemOf(path) === "bpf"
          ? "it is no pin, or its mode and owner keep this process from it"
          : "it is not in a BPF file system";
        throw new PermissionError(`${head}: ${why}`, { cause });
      }
      default:
        throw cause;
    }
  }
}

function duplicate(kind: ObjectKind, fd: number): Descriptor {
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fff_ffff) {
    throw new RangeError(`Cannot open descriptor ${fd} as a ${NAMES[kind]}: it is no descriptor`);
  }
  try {
    return Descriptor.duplicate(fd, `descriptor ${fd}`);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EBADF) throw cause;
    throw new NotFoundError(
      `Cannot open descriptor ${fd} as a ${NAMES[kind]}: the process has none of that number`,
      {
        cause,
      },
    );
  }
}
