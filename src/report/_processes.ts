/**
 * Which processes run a file.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { ERRNO, fileStatus, readTextFile } from "../sys/mod.ts";
import { ifThere, namesIfThere } from "./_files.ts";

/** Who runs a file. */
export interface Users {
  /** How many processes have it in their memory. */
  readonly count: number;
  /** How many processes this one may not look into. */
  readonly hidden: number;
}

/** The processes whose memory has a program or library, by its path or inode. */
export function usersOf(path: string): Users {
  const inode = ifThere(() => fileStatus(path).inode);
  // 7f00a000-7f00c000 r-xp 00001000 fe:01 1234    /usr/lib/liba.so
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const line = new RegExp(`^\\S+ \\S+ \\S+ \\S+ ${inode ?? "\\d+"} .*/${name}$`, "m");
  let count = 0;
  let hidden = 0;
  for (const pid of namesIfThere("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const maps = mapsOf(pid);
    if (maps === undefined) hidden++;
    else if (maps.includes(` ${path}\n`) || line.test(maps)) count++;
  }
  return { count, hidden };
}

/** Empty where the process has ended; `undefined` where this one may not look into it. */
function mapsOf(pid: string): string | undefined {
  try {
    return readTextFile(`/proc/${pid}/maps`);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return error.errno === ERRNO.EACCES || error.errno === ERRNO.EPERM ? undefined : "";
  }
}
