/**
 * Functions that have a value: `str()`, `ntop()`, `ksym()`.
 *
 * @module
 */
import { closest } from "../../names.ts";
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Condition, Scalar, Text } from "../ir/tree.ts";
import { U64, WORDS_AT } from "../ir/type.ts";
import type { CallNode, Expression } from "./ast.ts";
import { userSymbol } from "./builtins.ts";
import { registerNamed } from "./context.ts";
import type { Lowering } from "./lowering.ts";
import { addressOf, addressType, valueAt } from "./memory.ts";
import { conditionValue, numberOf } from "./numbers.ts";
import { stackValue } from "./stacks.ts";
import { STRING_SIZE, UINT32, UINT64 } from "./types.ts";
import { numberValue, partsValue, scalarValue, textValue, type Value } from "./value.ts";

type Call = (lowering: Lowering, args: readonly Expression[], place: Place) => Value;

/** How long a buffer is at most, in bytes. */
const BUFFER_SIZE = 64;
/** The families of addresses, which they begin with when they are kept. */
const AF_INET = 2n;
const AF_INET6 = 10n;

const CALLS: Readonly<Record<string, readonly [least: number, most: number, call: Call]>> = {
  str: [1, 2, str],
  buf: [1, 2, buf],
  kstack: [0, 2, (lowering, args, place) => stackValue(lowering, false, args, place)],
  ustack: [0, 2, (lowering, args, place) => stackValue(lowering, true, args, place)],
  ksym: [1, 1, (lowering, [of], place) => {
    const value = lowering.lower(of as Expression);
    return { ...scalarValue(UINT64, numberOf(value, place)), type: { kind: "ksym" } };
  }],
  usym: [1, 1, (lowering, [of], place) => {
    const address = numberOf(lowering.lower(of as Expression), place);
    return userSymbol(scalarValue(UINT64, address), place);
  }],
  ntop: [1, 2, ntop],
  macaddr: [1, 1, macaddr],
  kaddr: [1, 1, ({ host }, [name], place) => {
    const symbol = text(name, "kaddr()");
    const address = host.kernelAddress(symbol);
    if (address === undefined) throw new Fault(place, `the kernel has no symbol "${symbol}"`);
    return scalarValue(UINT64, { ...constant(address, place), type: addressType("kernel") });
  }],
  uaddr: [1, 1, ({ host, site }, [name], place) => {
    const symbol = text(name, "uaddr()");
    if (site.path === undefined) throw new Fault(place, "uaddr() is for uprobes and USDT probes");
    const address = host.userAddress(site.path, symbol);
    if (address === undefined) throw new Fault(place, `${site.path} has no symbol "${symbol}"`);
    return scalarValue(UINT64, { ...constant(address, place), type: addressType("user") });
  }],
  reg: [1, 1, (lowering, [name], place) => registerNamed(lowering, text(name, "reg()"), place)],
  cgroupid: [1, 1, ({ host }, [path], place) => {
    const id = host.cgroupId(text(path, "cgroupid()"));
    if (id === undefined) throw new Fault(place, `there is no cgroup at "${text(path, "cgroupid()")}"`);
    return numberValue(id, place);
  }],
  cgroup_path: [1, 2, (lowering, [of, pattern], place) => {
    const id = numberOf(lowering.lower(of as Expression), place);
    const type = { kind: "cgroupPath", pattern: pattern ? text(pattern, "cgroup_path()") : "*" } as const;
    return { ...scalarValue(UINT64, id), type };
  }],
  strftime: [2, 2, (lowering, [format, of], place) => {
    const time = numberOf(lowering.lower(of as Expression), place);
    return { ...scalarValue(UINT64, time), type: { kind: "timestamp", format: text(format, "strftime()") } };
  }],
  strncmp: [3, 3, strncmp],
  bswap: [1, 1, (lowering, [of], place) => {
    const value = lowering.lower(of as Expression);
    const size = value.type.kind === "int" ? value.type.size : 8;
    if (size === 1) return value;
    const swapped: Scalar = {
      kind: "swap",
      type: { kind: "int", size, signed: false },
      place,
      of: numberOf(value, place),
      size,
    };
    return scalarValue({ kind: "int", size, signed: false }, swapped);
  }],
  kptr: [1, 1, (lowering, [of], place) => inSpace(lowering.lower(of as Expression), "kernel", place)],
  uptr: [1, 1, (lowering, [of], place) => inSpace(lowering.lower(of as Expression), "user", place)],
};

/** The value of a call, if it is of a function that has one. */
export function call(lowering: Lowering, { name, args, place }: CallNode): Value {
  const known = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  if (!known) {
    throw new Fault(
      place,
      `there is no function "${name}"${closest(name, [...Object.keys(CALLS), ...OTHERS])}`,
    );
  }
  checkCount(name, args.length, known, place);
  return known[2](lowering, args, place);
}

/** What is called as a statement, and aggregations. */
const OTHERS = [
  "printf",
  "print",
  "clear",
  "zero",
  "delete",
  "exit",
  "join",
  "time",
  "cat",
  "system",
  "signal",
];

/** Refuses a call with too few arguments, or too many. */
export function checkCount(
  name: string,
  count: number,
  [least, most]: readonly [least: number, most: number, ...rest: unknown[]],
  place: Place,
): void {
  if (count >= least && count <= most) return;
  const wanted = least === most ? `${least}` : `${least} to ${most}`;
  throw new Fault(place, `${name}() takes ${wanted} argument${most === 1 ? "" : "s"}, not ${count}`);
}

/** A text that is written in the script. */
export function text(of: Expression | undefined, what: string): string {
  if (of?.kind === "string") return of.value;
  throw new Fault(of?.place ?? { offset: 0, line: 1, column: 1 }, `${what} takes a text as it is`);
}

function str(lowering: Lowering, [of, most]: readonly Expression[], place: Place): Value {
  if (of?.kind === "positional") {
    return lowering.lower({ ...of, kind: "string", value: lowering.host.parameters[of.index - 1] ?? "" });
  }
  const value = lowering.lower(of as Expression);
  const size = most ? sizeOfText(lowering, most) : STRING_SIZE;
  if (value.ir.is === "text") return value;
  const type = { kind: "text", size } as const;
  return textValue({ kind: "string", type, place, address: addressOf(value, place) });
}

/** A length in bytes; the NUL takes one of them. Strings are no longer than the usual length. */
function sizeOfText(lowering: Lowering, of: Expression): number {
  const value = numberOf(lowering.lower(of), of.place);
  if (value.kind === "constant") return Math.max(1, Math.min(Number(value.value), STRING_SIZE));
  return STRING_SIZE;
}

function buf(lowering: Lowering, [of, most]: readonly Expression[], place: Place): Value {
  const value = lowering.lower(of as Expression);
  const own = value.type.kind === "array"
    ? value.type.length
    : value.type.kind === "string"
    ? value.type.size
    : BUFFER_SIZE;
  const given = most ? numberOf(lowering.lower(most), most.place) : constant(BigInt(own), place);
  const size = given.kind === "constant" ? Math.max(1, Math.min(Number(given.value), 200)) : BUFFER_SIZE;
  if (value.ir.is === "text" && value.ir.text.kind !== "string") {
    const copied = { ...value.ir.text, type: { kind: "text", size: value.ir.text.type.size } } as const;
    return { type: { kind: "buffer", size, copied: true }, place, ir: { is: "text", text: copied } };
  }
  const from = value.ir.is === "text" ? addressOfText(value.ir.text, place) : addressOf(value, place);
  const end: Scalar = {
    kind: "arithmetic",
    type: U64,
    place,
    operator: "+",
    signed: false,
    left: from,
    right: given,
  };
  const words = {
    kind: "words",
    type: { kind: "words", size: WORDS_AT + Math.ceil(size / 4) * 4 },
    place,
    from,
    to: end,
  } as const;
  return { type: { kind: "buffer", size: Math.ceil(size / 4) * 4 }, place, ir: { is: "words", words } };
}

function addressOfText(text: Text, place: Place): Scalar {
  if (text.kind === "string") return text.address;
  throw new Fault(place, "this text is not in memory");
}

function ntop(lowering: Lowering, args: readonly Expression[], place: Place): Value {
  const [family, of] = args.length === 2 ? args : [undefined, args[0]];
  const value = lowering.lower(of as Expression);
  const zero = scalarValue(UINT64, constant(0n, place));
  const size = value.type.kind === "array" || value.type.kind === "string"
    ? (value.type.kind === "array" ? value.type.length : value.type.size)
    : 4;
  const given = family && scalarValue(UINT64, numberOf(lowering.lower(family), place));
  const known = scalarValue(UINT64, constant(size === 16 ? AF_INET6 : AF_INET, place));
  const parts = value.type.kind === "array" || value.ir.is === "text"
    ? halves(value, size, place)
    : [scalarValue(UINT64, numberOf(value, place)), zero];
  return partsValue({ kind: "inet" }, [given ?? known, ...parts], place);
}

/** The bytes of an address in the order that they have in memory. */
function halves(value: Value, size: number, place: Place): Value[] {
  const base = value.ir.is === "text" ? addressOfText(value.ir.text, place) : addressOf(value, place);
  const first = valueAt(size === 4 ? UINT32 : UINT64, { base, offset: 0 }, place);
  const second = size === 16
    ? valueAt(UINT64, { base, offset: 8 }, place)
    : scalarValue(UINT64, constant(0n, place));
  return [first, second];
}

function macaddr(lowering: Lowering, [of]: readonly Expression[], place: Place): Value {
  const value = lowering.lower(of as Expression);
  const base = value.ir.is === "text" ? addressOfText(value.ir.text, place) : addressOf(value, place);
  const parts = [
    valueAt(UINT32, { base, offset: 0 }, place),
    valueAt({ kind: "int", size: 2, signed: false }, { base, offset: 4 }, place),
  ];
  return partsValue({ kind: "mac" }, parts, place);
}

function strncmp(lowering: Lowering, [a, b, count]: readonly Expression[], place: Place): Value {
  const [left, right] = [lowering.lower(a as Expression), lowering.lower(b as Expression)];
  const length = numberOf(lowering.lower(count as Expression), place);
  if (left.ir.is !== "text" || right.ir.is !== "text" || length.kind !== "constant") {
    throw new Fault(place, "strncmp() compares two texts by a constant number of bytes");
  }
  const same = sameTexts(left.ir.text, right.ir.text, place, Number(length.value));
  return conditionValue({ kind: "not", place, of: same }, place);
}

/** Whether two texts are the same, in all of their bytes or the first ones. */
export function sameTexts(left: Text, right: Text, place: Place, prefix?: number): Condition {
  const [a, b] = left.kind === "textConstant" ? [right, left] : [left, right];
  const first = prefix === undefined ? {} : { prefix };
  if (b.kind !== "textConstant") return { kind: "sameTexts", place, left: a, right: b, ...first };
  if (a.kind !== "textConstant") return { kind: "sameText", place, of: a, text: b.text, ...first };
  return { kind: "always", place, value: a.text.slice(0, prefix) === b.text.slice(0, prefix) };
}

function inSpace(value: Value, space: "kernel" | "user", place: Place): Value {
  const scalar = { ...numberOf(value, place), type: addressType(space) };
  const { type } = value;
  return scalarValue(type.kind === "pointer" ? { ...type, space } : type, scalar);
}
