/**
 * Cgroups by their numbers.
 *
 * @module
 */
import { directoryNames, fileExists, inodeNumber, readTextFile } from "../sys/mod.ts";

/** More are not looked through. */
const MOST = 4096;

/** Where a cgroup is, below the root of its hierarchy, as bpftrace shows it: `unified:/system.slice`. */
export function cgroupPath(id: bigint, pattern: string): string {
  const [, root] = /^\d+ \d+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(readTextFile("/proc/self/mountinfo")) ?? [];
  const matches = new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
  if (root === undefined || !matches.test("unified")) return "";
  const paths = [root];
  for (let i = 0; i < paths.length && i < MOST; i++) {
    const path = paths[i] ?? "";
    if (inodeNumber(path) === id) return `unified:${path.slice(root.length) || "/"}`;
    for (const name of directoryNames(path)) {
      const below = `${path}/${name}`;
      if (fileExists(`${below}/cgroup.procs`)) paths.push(below);
    }
  }
  return "";
}
