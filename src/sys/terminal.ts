/**
 * Terminals, and text written to descriptors that others own.
 *
 * @module
 */
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { trySyscall } from "./call.ts";
import { ERRNO } from "./errno.ts";
import { POLL, poll } from "./poll.ts";

const TIOCGWINSZ = 0x5413;

/** The size of a terminal, in characters; 0 where it does not say. */
export interface TerminalSize {
  /** How many fit in a line. */
  readonly columns: number;
  /** How many lines it has. */
  readonly rows: number;
}

/** The size of the terminal behind a descriptor; `undefined` where it is none. */
export function terminalSize(fd: number): TerminalSize | undefined {
  const size = allocate(8); // struct winsize: rows, columns, width and height in pixels, 16 bits each
  const result = trySyscall("ioctl", fd, TIOCGWINSZ, addressOf(size));
  keepAlive(size);
  if (result < 0) return undefined;
  const [rows = 0, columns = 0] = new Uint16Array(size.buffer);
  return { columns, rows };
}

const CHUNK = 1 << 16;
const UTF8 = new TextEncoder();
let buffer: Uint8Array<ArrayBuffer> | undefined;

/**
 * Writes all of a text as UTF-8, and waits where the reader is slow, for descriptors that never block too. Returns 0, or
 * `-errno`: `-EPIPE` where nobody reads any more.
 */
export function tryWriteText(fd: number, text: string): number {
  const bytes = buffer ??= allocate(CHUNK);
  for (let at = 0; at < text.length;) {
    const { read, written } = UTF8.encodeInto(at === 0 ? text : text.slice(at), bytes);
    at += read;
    for (let done = 0; done < written;) {
      const result = trySyscall("write", fd, addressOf(bytes) + BigInt(done), written - done);
      if (result === -ERRNO.EAGAIN) poll([fd], POLL.OUT, Infinity);
      else if (result < 0) return result;
      else done += result;
    }
  }
  keepAlive(bytes);
  return 0;
}

/** Whether the other end of a pipe or socket is closed. */
export function hungUp(fd: number): boolean {
  return (poll([fd], 0, 0) & (POLL.ERR | POLL.HUP)) !== 0;
}
