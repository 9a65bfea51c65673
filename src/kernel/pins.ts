/**
 * Pins: names of objects in a BPF file system.
 *
 * @module
 */
import { NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import {
  type Descriptor,
  ERRNO,
  makeDirectory,
  objPin,
  readTextFile,
  removeFile,
  renameFile,
  syscallError,
} from "../sys/mod.ts";

/** Pins an object, or moves the pin that it has, and makes the folder it goes to; harmless where it is there already. */
export function pinObject(object: Descriptor, path: string, pinned: string | undefined): void {
  if (pinned === path) return;
  if (pinned !== undefined) return movePin(pinned, path);
  explained(`pin ${object.what} to ${JSON.stringify(path)}`, path, () => {
    makeDirectory(folderOf(path));
    objPin(object, path);
  });
}

/** Gives a pin another name in the same file system. */
function movePin(from: string, to: string): void {
  explained(`move pin ${JSON.stringify(from)} to ${JSON.stringify(to)}`, to, () => {
    makeDirectory(folderOf(to));
    renameFile(from, to);
  });
}

/** Removes a pin; harmless where there is none. */
export function removePin(path: string | undefined): void {
  if (path === undefined) return;
  try {
    removeFile(path);
  } catch (error) {
    if (!(error instanceof SyscallError) || error.errno !== ERRNO.ENOENT) throw error;
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function explained(action: string, path: string, run: () => void): void {
  try {
    run();
  } catch (cause) {
    throw cause instanceof SyscallError ? explain(cause, action, path) : cause;
  }
}

/** The kernel pins into its own file system only, and says `EPERM` for others (`bpf_obj_do_pin`). */
function explain(cause: SyscallError, action: string, path: string): Error {
  const head = `Cannot ${action}`;
  if (cause.errno === ERRNO.EEXIST) {
    const hint = "something is pinned there: remove it, or take another name";
    return syscallError(cause.errno, cause.syscall, action, hint);
  }
  if (cause.errno !== ERRNO.EPERM && cause.errno !== ERRNO.EACCES) return cause;
  if (fileSystemOf(path) === "bpf") {
    return new PermissionError(`${head}: this process may not write there: run it as root`, { cause });
  }
  return new NotSupportedError(
    `${head}: the path is not in a BPF file system: mount -t bpf bpf /sys/fs/bpf`,
    { cause },
  );
}

/** The type of the file system that a path is in; of the longest mount point that is a part of it. */
export function fileSystemOf(path: string): string | undefined {
  let longest = "";
  let type: string | undefined;
  for (const line of readTextFile("/proc/self/mounts").split("\n")) {
    const [, at = "", kind] = line.split(" ");
    const within = at === "/" || path === at || path.startsWith(`${at}/`);
    if (at !== "" && within && at.length >= longest.length) [longest, type] = [at, kind];
  }
  return type;
}
