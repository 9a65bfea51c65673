/**
 * Numbers of the kernel as texts: enums and flags by name, modes and devices.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import type { IntType, Names } from "./ir/type.ts";

/** A codec of numbers that shows them as their type says. Texts are written, too, as far as they say which number is meant. */
export function shownCodec(base: Codec<unknown>, shown: IntType["shown"]): Codec<unknown> {
  const [text, number] = shown === "mode"
    ? [modeText, parseMode]
    : shown === "device"
    ? [deviceText, parseDevice]
    : typeof shown === "object"
    ? namesText(shown)
    : [];
  if (!text || !number) return base;
  return {
    size: base.size,
    align: base.align,
    type: typeof shown === "object" ? "enum" : String(shown),
    read: (view, at) => {
      const value = base.read(view, at);
      return text(BigInt(value as number | bigint)) ?? value;
    },
    write(view, at, value) {
      if (typeof value !== "string") return base.write(view, at, value);
      const found = number(value);
      if (found === undefined) {
        throw new RangeError(`Cannot encode ${JSON.stringify(value)}: not a value of its type`);
      }
      base.write(view, at, base.size === 8 ? found : Number(found));
    },
  };
}

type Text = (value: bigint) => string | undefined;
type Parse = (text: string) => bigint | undefined;

/** The name of a number, where it has one; of flags, as `trace_print_flags_seq` of `kernel/trace/trace_output.c` writes them. */
function namesText({ values, flags }: Names): [Text, Parse] {
  const numbers = new Map(values.map(({ name, value }) => [name, value]));
  if (!flags) {
    const names = new Map(values.toReversed().map(({ name, value }) => [value, name]));
    return [(value) => names.get(value), (name) => numbers.get(name)];
  }
  const { separator, none, mask, suffix } = flags;
  const text: Text = (value) => {
    const end = suffix && value & suffix.mask ? suffix.text : "";
    let rest = mask === undefined ? BigInt.asUintN(64, value) : value & mask;
    if (rest === 0n) return none + end;
    const found: string[] = [];
    for (const { name, value: bits } of values) {
      if (rest === 0n) break;
      if ((rest & bits) !== bits) continue;
      found.push(name);
      rest &= ~bits;
    }
    if (rest !== 0n) found.push(`0x${rest.toString(16)}`);
    return found.join(separator) + end;
  };
  const parse: Parse = (text) =>
    text === none ? 0n : text.split(separator).reduce<bigint | undefined>((bits, name) => {
      const value = numbers.get(name);
      return bits === undefined || value === undefined ? undefined : bits | value;
    }, 0n);
  return [text, parse];
}

/** The kinds of files by `S_IFMT`, bits 12 to 15 of a mode (`include/uapi/linux/stat.h`): none is as a plain file. */
const KINDS: Readonly<Record<number, string>> = { 1: "p", 2: "c", 4: "d", 6: "b", 8: "-", 10: "l", 12: "s" };
const LETTERS = "rwxrwxrwx";
/** `S_ISUID`, `S_ISGID` and `S_ISVTX`, with the place of the letter that they change. */
const SPECIAL = [[0o4000, 2, "s", "S"], [0o2000, 5, "s", "S"], [0o1000, 8, "t", "T"]] as const;

/** A mode as `ls -l` writes it: `-rw-r--r--`. */
function modeText(value: bigint): string {
  const mode = Number(value);
  const letters = [...LETTERS].map((letter, i) => mode & (1 << (8 - i)) ? letter : "-");
  for (const [bit, at, set, unset] of SPECIAL) {
    if (mode & bit) {
      letters[at] = letters[at] === "x" ? set : unset;
    }
  }
  return (KINDS[mode >> 12 & 0xf] ?? "-") + letters.join("");
}

function parseMode(text: string): bigint | undefined {
  const kind = Object.entries(KINDS).find(([, letter]) => letter === text[0])?.[0];
  if (kind === undefined || !/^([r-][w-][xsS-]){2}[r-][w-][xtT-]$/.test(text.slice(1))) return undefined;
  let mode = Number(kind) << 12;
  for (const [i, letter] of [...text.slice(1)].entries()) if (/[rwxst]/.test(letter)) mode |= 1 << (8 - i);
  for (const [bit, at] of SPECIAL) if (/[st]/i.test(text[at + 1] ?? "")) mode |= bit;
  return BigInt(mode);
}

/** `MINORBITS` of `include/linux/kdev_t.h`. */
const MINOR_BITS = 20n;

/** A device by its numbers, as `/proc/partitions` has them: `8:1`. */
function deviceText(value: bigint): string {
  return `${value >> MINOR_BITS}:${value & ((1n << MINOR_BITS) - 1n)}`;
}

function parseDevice(text: string): bigint | undefined {
  const [, major, minor] = /^(\d+):(\d+)$/.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : BigInt(major) << MINOR_BITS | BigInt(minor);
}
