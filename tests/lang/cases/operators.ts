/**
 * Every operator on numbers of every sign and width, and what JavaScript makes of the same bigints.
 *
 * @module
 */
import { type Codec, i32, i64, u32, u64 } from "../../../src/codec/mod.ts";

/** A type of numbers. */
export interface Width {
  readonly name: string;
  readonly of: Codec<number> | Codec<bigint>;
  readonly signed: boolean;
  /** Numbers that something happens at. */
  readonly values: readonly bigint[];
}

const SIGNED = [7n, -1n, 0n, 2n];

/** The types of what maps hold. */
export const WIDTHS: readonly Width[] = [
  { name: "i64", of: i64, signed: true, values: [...SIGNED, -(2n ** 63n), 2n ** 63n - 1n] },
  { name: "u64", of: u64, signed: false, values: [3n, 2n ** 64n - 1n, 2n ** 63n, 0n, 2n, 9n] },
  { name: "u32", of: u32, signed: false, values: [5n, 2n ** 32n - 1n, 2n ** 31n, 3n, 0n, 1n] },
  { name: "i32", of: i32, signed: true, values: [...SIGNED, -(2n ** 31n), 2n ** 31n - 1n] },
];

const S = (value: bigint) => BigInt.asIntN(64, value);
const U = (value: bigint) => BigInt.asUintN(64, value);

/** What comes of two numbers; `as` makes both signed or not, as the operator minds. */
type Rule = (a: bigint, b: bigint, as: (value: bigint) => bigint) => bigint | boolean;

/** Operators of two, in 64 bits. What is divided by 0 is 0, its remainder itself; shifts mind the low 6 bits. */
export const OPERATORS: Readonly<Record<string, Rule>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b, as) => b === 0n ? 0n : as(a) / as(b),
  "%": (a, b, as) => b === 0n ? a : as(a) % as(b),
  "&": (a, b) => U(a) & U(b),
  "|": (a, b) => U(a) | U(b),
  "^": (a, b) => U(a) ^ U(b),
  "<<": (a, b) => a << (b & 63n),
  ">>": (a, b) => a >> (b & 63n),
  ">>>": (a, b) => U(a) >> (b & 63n),
  "<": (a, b, as) => as(a) < as(b),
  "<=": (a, b, as) => as(a) <= as(b),
  ">": (a, b, as) => as(a) > as(b),
  ">=": (a, b, as) => as(a) >= as(b),
  "===": (a, b) => U(a) === U(b),
  "!==": (a, b) => U(a) !== U(b),
  "&&": (a, b) => a && b,
  "||": (a, b) => a || b,
};

/** What an operator makes of numbers of these types. */
export function expected(operator: string, a: bigint, b: bigint, signed: boolean): bigint {
  const value = OPERATORS[operator]?.(a, b, signed ? S : U) ?? 0n;
  return typeof value === "boolean" ? (value ? 1n : 0n) : S(value);
}

/** Operators of one. */
export const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  "-a": (a) => S(-a),
  "~a": (a) => S(~a),
  "+a": (a) => S(a),
  "!a": (a) => a ? 0n : 1n,
  "!!a": (a) => a ? 1n : 0n,
  "a ? 3 : 4": (a) => a ? 3n : 4n,
  "a++ + a": (a) => S(a + a + 1n),
  "++a + a": (a) => S(2n * (a + 1n)),
  "a-- - a": () => 1n,
  "--a - a": () => 0n,
  "(a += 5, a)": (a) => S(a + 5n),
  "(a -= 5, a)": (a) => S(a - 5n),
  "(a *= 3, a)": (a) => S(a * 3n),
  "(a &= 12, a)": (a) => S(a & 12n),
  "(a |= 12, a)": (a) => S(a | 12n),
  "(a ^= 12, a)": (a) => S(a ^ 12n),
  "(a <<= 3, a)": (a) => S(a << 3n),
};
