/**
 * `/proc/PID/maps`.
 *
 * @module
 */

/** A part of a process's memory that has code. */
export interface Mapping {
  /** Its first address. */
  readonly start: number;
  /** Behind its last address. */
  readonly end: number;
  /** Where it is in the file. */
  readonly offset: number;
  /** The file system, as `major:minor`. */
  readonly device: string;
  /** The file's number in that; 0 where it is no file. */
  readonly inode: bigint;
  /** The path, or `[vdso]`; empty where there is none. */
  readonly path: string;
  /** Whether the file was removed since it was mapped. */
  readonly deleted: boolean;
}

/** `7f00a000-7f00c000 r-xp 00001000 fe:01 1234    /usr/lib/liba.so (deleted)`; newlines in paths are `\012`. */
const LINE =
  /^([\da-f]{1,16})-([\da-f]{1,16}) ..x. ([\da-f]{1,16}) ([\da-f]+:[\da-f]+) (\d{1,20}) *(.*?)( \(deleted\))?$/gm;

/** The parts of the memory that are code, by ascending addresses; lines that are none are passed over. */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (
    const [, start = "", end = "", offset = "", device = "", inode = "", path = "", deleted] of text.matchAll(
      LINE,
    )
  ) {
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      offset: Number.parseInt(offset, 16),
      device,
      inode: BigInt(inode),
      path: path.replaceAll("\\012", "\n"),
      deleted: deleted !== undefined,
    });
  }
  return mappings.sort((a, b) => a.start - b.start);
}

/** Whether it is of memory without a file, as that of just-in-time compilers is; perf(1) takes the same for it. */
export function isAnonymous({ inode, path }: Mapping): boolean {
  if (path.startsWith("/memfd:") || path.startsWith("/dev/zero") || path.startsWith("/SYSV")) return true;
  return inode === 0n && (path === "" || path === "[heap]" || path.startsWith("[anon"));
}
