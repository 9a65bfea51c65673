/**
 * `/proc/kallsyms` as a table.
 *
 * @module
 */
import { AddressTable, inOrder, sortedIndices } from "./_address_table.ts";
import { compareNames } from "./_best_name.ts";

const [NEWLINE, TAB, SPACE] = [0x0a, 0x09, 0x20];
/** Of modules the end is unknown: what follows the last symbol is taken for it up to the end of a page, as perf(1) does. */
const PAGE = 4096;
/** Programs of BPF are pages apart, and their sizes are not told; few are larger. */
const LARGEST_PROGRAM = 1 << 16;
/** Symbols that mark the ends of the kernel's own code. */
const ENDS = ["_etext", "_einittext"];
const LENGTHS = new Set(ENDS.map(({ length }) => length));
/** In lines of code: `T`, `t`, `W` and `w`. */
const CODE = new Set([0x54, 0x74, 0x57, 0x77]);
const WEAK = new Set([0x57, 0x77]);

/** The kernel's functions. */
export interface Kallsyms {
  /** By addresses as signed numbers, which doubles hold exactly. */
  readonly table: AddressTable;
  /** The module of an entry; `undefined` for the kernel itself. */
  moduleOf(entry: number): string | undefined;
  /** Whether the kernel hides addresses from this process. */
  readonly hidden: boolean;
}

interface Lines {
  readonly starts: number[];
  /** Where the names are in the new text. */
  readonly names: number[];
  readonly ranks: number[];
  readonly modules: number[];
  readonly moduleNames: (string | undefined)[];
  readonly text: Uint8Array;
}

/** Reads lines such as `ffffffff81000000 T name` and `… t name\t[module]`; others are passed over. */
export function parseKallsyms(bytes: Uint8Array): Kallsyms {
  const lines = readLines(bytes);
  const { starts, names, ranks, modules, text } = lines;
  const order = sortedIndices(
    starts.length,
    (a, b) =>
      (starts[a] ?? 0) - (starts[b] ?? 0) || (ranks[a] ?? 0) - (ranks[b] ?? 0) ||
      compareNames(text, names[a] ?? 0, names[b] ?? 0),
  );
  const [sorted, owners] = [inOrder(starts, order), inOrder(modules, order)];
  const table = new AddressTable({
    starts: sorted,
    ends: endsOf(sorted, owners, limits(lines), lines.moduleNames.indexOf("bpf")),
    names: inOrder(names, order),
    text,
  });
  return {
    table,
    moduleOf: (entry) => lines.moduleNames[owners[entry] ?? 0],
    hidden: starts.length > 0 && starts.every((start) => start === 0),
  };
}

function readLines(bytes: Uint8Array): Lines {
  const text = new Uint8Array(bytes.length);
  const lines: Lines = { starts: [], names: [], ranks: [], modules: [], moduleNames: [undefined], text };
  const numbers = new Map<string, number>();
  let used = 0;
  for (let at = 0; at < bytes.length;) {
    let end = bytes.indexOf(NEWLINE, at);
    if (end < 0) end = bytes.length;
    const type = bytes[at + 17] ?? 0;
    if (bytes[at + 16] === SPACE && bytes[at + 18] === SPACE && CODE.has(type)) {
      let nameEnd = at + 19;
      while (nameEnd < end && bytes[nameEnd] !== TAB) nameEnd++;
      lines.starts.push(signed(bytes, at));
      lines.names.push(used);
      lines.ranks.push(WEAK.has(type) ? 0 : type === 0x74 ? 1 : 2);
      lines.modules.push(
        nameEnd < end ? moduleNumber(lines, numbers, bytes.subarray(nameEnd + 2, end - 1)) : 0,
      );
      for (let from = at + 19; from < nameEnd; from++) text[used++] = bytes[from] ?? 0;
      used++;
    }
    at = end + 1;
  }
  return { ...lines, text: text.slice(0, used) };
}

function moduleNumber(lines: Lines, numbers: Map<string, number>, bytes: Uint8Array): number {
  const name = String.fromCharCode(...bytes.subarray(0, 64));
  const known = numbers.get(name);
  if (known !== undefined) return known;
  const number = lines.moduleNames.push(name) - 1;
  numbers.set(name, number);
  return number;
}

/** The 16 hexadecimal digits at a place as a signed number: addresses of the kernel are negative. */
function signed(bytes: Uint8Array, at: number): number {
  return (digits(bytes, at) | 0) * 2 ** 32 + digits(bytes, at + 8);
}

function digits(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let next = at; next < at + 8; next++) {
    const byte = bytes[next] ?? 0;
    // "0" to "9" have their value in the low bits, "a" to "f" 9 less
    value = value << 4 | (byte & 15) + (byte > 0x40 ? 9 : 0);
  }
  return value >>> 0;
}

/** Where code of the kernel itself ends. */
function limits({ starts, names, text, modules }: Lines): number[] {
  const found: number[] = [];
  for (let index = 0; index < names.length; index++) {
    const [at, next] = [names[index] ?? 0, names[index + 1] ?? text.length];
    if (modules[index] !== 0 || !LENGTHS.has(next - 1 - at)) continue;
    if (ENDS.includes(String.fromCharCode(...text.subarray(at, next - 1)))) found.push(starts[index] ?? 0);
  }
  return found;
}

/** The next start; nothing behind the ends of the kernel's code, and no more than a page behind the last of a module. */
function endsOf(
  starts: Float64Array,
  modules: Float64Array,
  limits: readonly number[],
  bpf: number,
): Float64Array {
  const ends = new Float64Array(starts.length);
  let [next, nextModule] = [Infinity, -1];
  for (let index = starts.length - 1; index >= 0; index--) {
    const [start, module] = [starts[index] ?? 0, modules[index]];
    const following = starts[index + 1];
    if (following !== undefined && following !== start) {
      [next, nextModule] = [following, modules[index + 1] ?? -1];
    }
    let end = next;
    if (module !== nextModule) end = Math.min(end, (Math.floor(start / PAGE) + 1) * PAGE);
    if (module === bpf) end = Math.min(end, start + LARGEST_PROGRAM);
    if (module === 0 && limits.includes(start)) end = start;
    ends[index] = end;
  }
  return ends;
}
