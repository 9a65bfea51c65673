/**
 * The tracing file system.
 *
 * @module
 */
import { NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { directoryNames, ERRNO, fileExists, readTextFile } from "../sys/mod.ts";
import { lockdownMode } from "./capabilities.ts";
import { closest } from "../names.ts";

/** Where it is mounted: by itself, or below debugfs, which mounts it on first access. */
const MOUNTS = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] as const;

/**
 * The id of a tracepoint, for `perf_event_attr.config`.
 *
 * @throws {NotFoundError} There is no such tracepoint; the message lists the closest names.
 * @throws {PermissionError} The process may not read tracefs.
 * @throws {NotSupportedError} tracefs is not mounted.
 */
export function tracepointId(group: string, name: string): number {
  if (/^[\w.-]+$/.test(group) && /^[\w.-]+$/.test(name)) {
    for (const mount of MOUNTS) {
      const text = readIfThere(`${mount}/events/${group}/${name}/id`, `tracepoint "${group}:${name}"`);
      if (text !== undefined) return Number(text);
    }
  }
  throw notFound(group, name);
}

/**
 * The path of a file of tracefs that every tracefs of this kernel has, such as `uprobe_events`; `undefined` where tracefs is
 * not mounted, or the kernel is built without the file.
 */
export function tracefsFile(name: string): string | undefined {
  return MOUNTS.map((mount) => `${mount}/${name}`).find(fileExists);
}

/**
 * The text of {@linkcode tracefsFile}, with its path; `undefined` where there is no such file.
 *
 * @throws {PermissionError} The process may not read tracefs.
 */
export function readTracefs(name: string): { readonly path: string; readonly text: string } | undefined {
  const [own, belowDebugfs] = [`${MOUNTS[0]}/${name}`, `${MOUNTS[1]}/${name}`];
  const text = readIfThere(own, name);
  if (text !== undefined) return { path: own, text };
  // Not where debugfs is closed, as it is to all but root: the first place alone tells what is there
  return fileExists(belowDebugfs) ? { path: belowDebugfs, text: readTextFile(belowDebugfs) } : undefined;
}

function readIfThere(path: string, what: string): string | undefined {
  try {
    return readTextFile(path);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno === ERRNO.ENOENT) return undefined;
    if (cause.errno !== ERRNO.EACCES && cause.errno !== ERRNO.EPERM) throw cause;
    throw new PermissionError(`Cannot read ${what}: ${tracefsHint(cause)}`, { cause });
  }
}

/** Why tracefs refuses, and what helps. `LOCKDOWN_TRACEFS` of include/linux/security.h closes it to root, too. */
export function tracefsHint({ errno }: SyscallError): string {
  return errno === ERRNO.EPERM && lockdownMode() === "confidentiality"
    ? "the kernel is locked down (confidentiality): start it without Secure Boot or the option lockdown"
    : "tracefs is closed to this process: run it as root";
}

function notFound(group: string, name: string): Error {
  const groups = list("");
  if (groups.length === 0) {
    return new NotSupportedError(
      `Cannot find tracepoint "${group}:${name}": tracefs is not mounted: mount -t tracefs tracefs ${
        MOUNTS[0]
      }`,
    );
  }
  if (!groups.includes(group)) {
    return new NotFoundError(
      `Cannot find tracepoint "${group}:${name}": there is no group "${group}"${closest(group, groups)}`,
    );
  }
  return new NotFoundError(
    `Cannot find tracepoint "${group}:${name}": the group has no such event${closest(name, list(group))}`,
  );
}

function list(group: string): string[] {
  for (const mount of MOUNTS) {
    try {
      const names = directoryNames(`${mount}/events/${group}`);
      if (names.length > 0) return names;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
    }
  }
  return [];
}
