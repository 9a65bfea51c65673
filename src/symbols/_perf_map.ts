/**
 * The files in which just-in-time compilers write what they made: `/tmp/perf-PID.map`.
 *
 * @module
 */
import { OPEN, openFile, readAt } from "../sys/mod.ts";
import { AddressTable } from "./_address_table.ts";
import { attempt, statusIfAny } from "./_read.ts";

/** What is read of a file: names may be made up endlessly. */
const MOST_BYTES = 64 << 20;
/** Others may write to /tmp; a FIFO must not make the script wait. */
const O_NONBLOCK = 0x800;
const [NEWLINE, SPACE] = [0x0a, 0x20];

/** Functions that a just-in-time compiler made. */
export class PerfMap {
  readonly #paths: readonly string[];
  readonly #owners: ReadonlySet<number>;
  #bytes = new Uint8Array(0);
  #entries = { starts: [] as number[], ends: [] as number[], names: [] as number[] };
  #inode = 0n;
  #table: AddressTable | undefined;

  /** `paths` are where the file may be; it counts only when it is of one of the owners, by their numbers. */
  constructor(paths: readonly string[], owners: Iterable<number>) {
    this.#paths = paths;
    this.#owners = new Set(owners);
  }

  /** What was read up to now; `undefined` before there is a file. */
  get table(): AddressTable | undefined {
    return this.#table;
  }

  /** Reads what was added to the file since it was last read; nothing where there is no file any more. */
  update(): void {
    for (const path of this.#paths) {
      const status = statusIfAny(path);
      if (!status || !this.#owners.has(status.owner)) continue;
      const isOther = status.inode !== this.#inode || status.size < this.#bytes.length;
      if (isOther) this.#clear();
      this.#inode = status.inode;
      const from = this.#bytes.length;
      const size = Math.min(status.size, MOST_BYTES);
      if (size > from) attempt(() => this.#read(path, from, size - from));
      return;
    }
  }

  #clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#entries = { starts: [], ends: [], names: [] };
    this.#table = undefined;
  }

  #read(path: string, from: number, length: number): void {
    using file = openFile(path, OPEN.READ | O_NONBLOCK);
    const added = readAt(file, from, length);
    // The last line may be half written
    const whole = added.subarray(0, added.lastIndexOf(NEWLINE) + 1);
    if (whole.length === 0) return;
    const bytes = new Uint8Array(from + whole.length);
    bytes.set(this.#bytes);
    bytes.set(whole, from);
    this.#bytes = bytes;
    parse(bytes, from, this.#entries);
    // Compilers write code over code that is no longer used: what was written last counts
    this.#table = new AddressTable({ ...this.#entries, text: bytes });
  }
}

interface Lists {
  readonly starts: number[];
  readonly ends: number[];
  readonly names: number[];
}

/** Reads lines such as `7f12a0001000 40 name of a function`, hexadecimal, from a place on; others are passed over. */
function parse(bytes: Uint8Array, from: number, { starts, ends, names }: Lists): void {
  for (let at = from; at < bytes.length;) {
    const line = bytes.indexOf(NEWLINE, at);
    const end = line < 0 ? bytes.length : line;
    const address = bytes.indexOf(SPACE, at);
    const size = address < 0 || address > end ? -1 : bytes.indexOf(SPACE, address + 1);
    if (size > 0 && size < end - 1) {
      const [start, length] = [hexadecimal(bytes, at, address), hexadecimal(bytes, address + 1, size)];
      if (length > 0 && start + length <= Number.MAX_SAFE_INTEGER) {
        starts.push(start);
        ends.push(start + length);
        names.push(size + 1);
      }
    }
    at = end + 1;
  }
}

/** A number with or without `0x` before it; NaN where it is none. */
function hexadecimal(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 18) return NaN;
  const text = String.fromCharCode(...bytes.subarray(from, to));
  return /^(0x)?[\da-f]+$/i.test(text) ? Number.parseInt(text, 16) : NaN;
}
