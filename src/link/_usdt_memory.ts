/**
 * Where a file is in the memory of a process.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { readTextFile } from "../sys/mod.ts";

/** `start-end mode offset device inode path`, of parts that are code. */
const CODE = /^([\da-f]+)-([\da-f]+) ..x. ([\da-f]+) ([\da-f]+:[\da-f]+) (\d+)/gm;

/**
 * The address in a process of an offset in a file that it runs.
 *
 * @throws {NotFoundError} There is no such process, or it does not run the file.
 */
export function addressIn(pid: number, path: string, inode: bigint, offset: number): bigint {
  for (const [, start, end, first, , number] of mapsOf(pid).matchAll(CODE)) {
    const [from, to, at] = [start, end, first].map((text) => BigInt(`0x${text}`));
    if (from === undefined || to === undefined || at === undefined || number !== `${inode}`) continue;
    const address = BigInt(offset) - at + from;
    if (address >= from && address < to) return address;
  }
  throw new NotFoundError(
    `Cannot find ${JSON.stringify(path)} in the memory of process ${pid}: it does not run it`,
  );
}

function mapsOf(pid: number): string {
  try {
    return readTextFile(`/proc/${pid}/maps`);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NotFoundError(`Cannot read the memory map of process ${pid}: there is no such process`, {
      cause,
    });
  }
}
