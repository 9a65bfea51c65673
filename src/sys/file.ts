/**
 * Files read and written by libc: Deno denies `/proc` and `/sys` to everything below `--allow-all`.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { cString, textOf } from "./attr.ts";
import { checked, syscall, trySyscall } from "./call.ts";
import { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";

const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const O_CLOEXEC = 0x80000;
const SEEK_SET = 0;
const SEEK_END = 2;
const CHUNK = 1 << 16;

/** How to open a file; `PATH` is for naming it in system calls alone (`O_PATH`). */
export const OPEN = { READ: 0, WRITE: 1, APPEND: 0x401, PATH: 0x20_0000 } as const;

/** Opens a file. `flags` is one of {@linkcode OPEN}. */
export function openFile(path: string, flags: number = OPEN.READ): Descriptor {
  const name = cString(path);
  const what = JSON.stringify(path);
  const fd = syscall(`open ${what}`, "openat", AT_FDCWD, addressOf(name), flags | O_CLOEXEC, 0);
  keepAlive(name);
  return new Descriptor(fd, what);
}

/** Whether there is a file or directory at a path, as far as this process may see. */
export function fileExists(path: string): boolean {
  try {
    openFile(path, OPEN.PATH).close();
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}

/**
 * Reads a whole file. Works for files of the kernel, whose size is unknown.
 *
 * @throws {SyscallError} It cannot be opened or read.
 */
export function readFile(path: string): Uint8Array<ArrayBuffer> {
  using file = openFile(path);
  return readToEnd(file);
}

/** Reads what an open file has from where it stands to its end. */
export function readToEnd(file: Descriptor): Uint8Array<ArrayBuffer> {
  let buffer = allocate(CHUNK);
  let length = 0;
  for (;;) {
    const count = syscall(
      `read ${file.what}`,
      "read",
      file.fd,
      addressOf(buffer) + BigInt(length),
      buffer.length - length,
    );
    keepAlive(buffer);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length === buffer.length) {
      const larger = allocate(buffer.length * 4);
      larger.set(buffer);
      buffer = larger;
    }
  }
}

/** Reads a part of an open file; less than `length` bytes where it ends before. Moves where the file stands. */
export function readAt(file: Descriptor, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const action = `read ${file.what}`;
  syscall(action, "lseek", file.fd, offset, SEEK_SET);
  const buffer = allocate(length);
  let done = 0;
  while (done < length) {
    const count = syscall(action, "read", file.fd, addressOf(buffer) + BigInt(done), length - done);
    if (count === 0) break;
    done += count;
  }
  keepAlive(buffer);
  return buffer.subarray(0, done);
}

/** Reads a whole file as UTF-8 text. */
export function readTextFile(path: string): string {
  return new TextDecoder().decode(readFile(path));
}

/** Writes text to a file that exists, in one call, as the control files of the kernel want it. */
export function writeTextFile(path: string, text: string, flags: number = OPEN.WRITE): void {
  using file = openFile(path, flags);
  const bytes = cString(text);
  syscall(
    `write ${JSON.stringify(text)} to ${file.what}`,
    "write",
    file.fd,
    addressOf(bytes),
    bytes.length - 1,
  );
  keepAlive(bytes);
}

/** Size of an open file, in bytes, as lseek(2) finds it. */
export function fileSize(file: Descriptor): number {
  const size = syscall(`find the size of ${file.what}`, "lseek", file.fd, 0, SEEK_END);
  syscall(`rewind ${file.what}`, "lseek", file.fd, 0, 0);
  return size;
}

/** The names in a directory, without `.` and `..`, in the kernel's order. */
export function directoryNames(path: string): string[] {
  using directory = openFile(path);
  const buffer = allocate(CHUNK);
  const view = new DataView(buffer.buffer);
  const names: string[] = [];
  for (;;) {
    const size = syscall(
      `list ${directory.what}`,
      "getdents64",
      directory.fd,
      addressOf(buffer),
      buffer.length,
    );
    if (size === 0) return names.filter((name) => name !== "." && name !== "..");
    // struct linux_dirent64: inode, offset, length of the record (16 bits), type (8 bits), name
    for (let at = 0; at < size; at += view.getUint16(at + 16, true)) {
      names.push(textOf(buffer.subarray(at + 19)));
    }
  }
}

/** Makes a directory, with those above it; harmless where it is there. */
export function makeDirectory(path: string): void {
  const above = path.slice(0, path.lastIndexOf("/"));
  const result = tryMakeDirectory(path);
  if (result === -ERRNO.ENOENT && above !== "") {
    makeDirectory(above);
    checked(tryMakeDirectory(path), "mkdirat", `make directory ${JSON.stringify(path)}`);
  } else if (result !== -ERRNO.EEXIST) {
    checked(result, "mkdirat", `make directory ${JSON.stringify(path)}`);
  }
}

function tryMakeDirectory(path: string): number {
  const name = cString(path);
  const result = trySyscall("mkdirat", AT_FDCWD, addressOf(name), 0o755);
  keepAlive(name);
  return result;
}

/** Removes a file, such as a pin, or with `directory` an empty directory. */
export function removeFile(path: string, directory = false): void {
  const name = cString(path);
  syscall(
    `remove ${JSON.stringify(path)}`,
    "unlinkat",
    AT_FDCWD,
    addressOf(name),
    directory ? AT_REMOVEDIR : 0,
  );
  keepAlive(name);
}

const RENAME_NOREPLACE = 1;

/** Gives a file another name in its file system; fails where there is a file of that name. */
export function renameFile(from: string, to: string): void {
  const [old, name] = [cString(from), cString(to)];
  syscall(
    `rename ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
    "renameat2",
    AT_FDCWD,
    addressOf(old),
    AT_FDCWD,
    addressOf(name),
    RENAME_NOREPLACE,
  );
  keepAlive(old, name);
}

const STATX_BASIC_STATS = 0x7ff;
/** Of `struct statx`, in bytes. */
const STATX_SIZE = 256;

/** What the file system says of a file. */
export interface FileStatus {
  /** The inode number: of a directory of cgroup v2, the id of the cgroup. */
  readonly inode: bigint;
  /** In bytes. */
  readonly size: number;
  /** When its content was last changed, in nanoseconds since 1970. */
  readonly modified: bigint;
  /** The user that owns it. */
  readonly owner: number;
}

/** What the file system says of the file at a path. */
export function fileStatus(path: string): FileStatus {
  return statusOf(path, "status");
}

function statusOf(path: string, what: string): FileStatus {
  const name = cString(path);
  const status = allocate(STATX_SIZE);
  syscall(
    `find the ${what} of ${JSON.stringify(path)}`,
    "statx",
    AT_FDCWD,
    addressOf(name),
    0,
    STATX_BASIC_STATS,
    addressOf(status),
  );
  keepAlive(name, status);
  const view = new DataView(status.buffer);
  return {
    inode: view.getBigUint64(32, true),
    size: Number(view.getBigUint64(40, true)),
    modified: view.getBigInt64(112, true) * 1_000_000_000n + BigInt(view.getUint32(120, true)),
    owner: view.getUint32(20, true),
  };
}

/** The inode number of a file: of a directory of cgroup v2, the id of the cgroup. */
export function inodeNumber(path: string): bigint {
  return statusOf(path, "inode").inode;
}
