/**
 * Cgroups by their ids.
 *
 * @module
 */
import { inodeNumber } from "../sys/mod.ts";
import { ifThere, namesIfThere, textIfThere } from "./_files.ts";

/** Machines with more have been seen; whoever looks further waits too long. */
const MOST = 4096;

/** The directories of cgroups (v2), those above others first; none where no such file system is mounted. */
export function* cgroupPaths(): Generator<string> {
  const [, root] = /^\d+ \d+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(textIfThere("/proc/self/mountinfo") ?? "") ??
    [];
  const paths = root === undefined ? [] : [root];
  for (let i = 0; i < paths.length && i < MOST; i++) {
    const path = paths[i] ?? "";
    yield path;
    // Directories are what has a file of that name
    for (const name of namesIfThere(path)) {
      if (!/^(cgroup|cpu|cpuset|io|memory|pids|rdma|misc|hugetlb|irq|dmem)\.[\w.-]+$/.test(name)) {
        const below = `${path}/${name}`;
        if (textIfThere(`${below}/cgroup.events`) !== undefined) paths.push(below);
      }
    }
  }
}

/** The directory of the cgroup with an id, which is the inode number; `undefined` where it is not found. */
export function cgroupPath(id: bigint): string | undefined {
  for (const path of cgroupPaths()) if (ifThere(() => inodeNumber(path)) === id) return path;
  return undefined;
}

/** Whether a cgroup or one below it has a process; `undefined` where it does not say, as the topmost. */
export function isPopulated(path: string): boolean | undefined {
  const [, populated] = /^populated (\d)/m.exec(textIfThere(`${path}/cgroup.events`) ?? "") ?? [];
  return populated === undefined ? undefined : populated === "1";
}
