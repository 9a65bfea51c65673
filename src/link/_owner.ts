/**
 * The process that made something which outlives it, and whose number may be another's by now.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { ERRNO, inodeNumber, readTextFile } from "../sys/mod.ts";

/** A process, told from all others that have, had or will have its number. */
export interface Owner {
  readonly pid: number;
  /** When it began, in ticks since the machine did. */
  readonly start: string;
  /** The PID namespace that the number is of, by its inode. */
  readonly namespace: string;
}

/** This process. */
export function thisProcess(): Owner {
  const stat = readTextFile("/proc/self/stat");
  return { pid: Number.parseInt(stat, 10), start: fieldsOf(stat).start, namespace: pidNamespace() };
}

/** Whether a process lives; `undefined` where its number is of another PID namespace, which cannot be looked into. */
export function isAlive({ pid, start, namespace }: Owner): boolean | undefined {
  if (namespace !== pidNamespace()) return undefined;
  const stat = statOf(pid);
  if (stat === undefined) return false;
  const { state, start: began } = fieldsOf(stat);
  return began === start && state !== "Z" && state !== "X";
}

function pidNamespace(): string {
  return `${inodeNumber("/proc/self/ns/pid")}`;
}

/** proc_pid_stat(5): the second field is a name in parentheses, which may hold any character; the third follows, the 22nd is the start. */
function fieldsOf(stat: string): { readonly state: string; readonly start: string } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", start: fields[19] ?? "" };
}

function statOf(pid: number): string | undefined {
  try {
    return readTextFile(`/proc/${pid}/stat`);
  } catch (error) {
    // ESRCH where it ends while it is read
    const gone = error instanceof SyscallError &&
      (error.errno === ERRNO.ENOENT || error.errno === ERRNO.ESRCH);
    if (!gone) throw error;
    return undefined;
  }
}
