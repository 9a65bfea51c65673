import { BtfError } from "../errors.ts";
import type { BtfEnum, BtfFloat, BtfInt } from "./types.ts";

const C_INT = /^(?:(?:signed|unsigned|char|short|int|long|_Bool|__int128) ?)+$/;
const C_FLOAT = /^(?:float|(?:long )?double|_Float16)$/;
const INT_BY_SIZE: ReadonlyMap<number, string> = new Map([
  [1, "char"],
  [2, "short"],
  [4, "int"],
  [8, "long long"],
  [16, "__int128"],
]);
const FLOAT_BY_SIZE: ReadonlyMap<number, string> = new Map([[2, "_Float16"], [4, "float"], [8, "double"]]);

/** Whether C knows a number by its name; those of other languages need a typedef. */
export function isKnownToC(type: BtfInt | BtfFloat): boolean {
  return type.kind === "int" ? C_INT.test(type.name) : C_FLOAT.test(type.name);
}

/** The C type with the size and sign of a number. */
export function scalarLike(type: BtfInt | BtfFloat): string {
  const name = (type.kind === "int" ? INT_BY_SIZE : FLOAT_BY_SIZE).get(type.size);
  if (name === undefined) {
    throw new BtfError(
      `Cannot write BTF type ${type.id} "${type.name}" as C: no ${type.kind} has ${type.size} bytes`,
    );
  }
  if (type.kind === "float") return name;
  return type.bool ? "_Bool" : `${type.signed ? "signed" : "unsigned"} ${name}`;
}

/** The attribute that gives an enum its size; empty where its values do. An enum is no smaller than an `int` by itself. */
export function enumAttribute(type: BtfEnum): string {
  const least = leastSize(type);
  if (type.size === Math.max(least, 4)) return "";
  if (type.size === least) return " __attribute__((packed))";
  const mode = { 1: "QI", 2: "HI", 4: "SI", 8: "DI" }[type.size];
  if (mode !== undefined && type.size > least) return ` __attribute__((mode(${mode})))`;
  throw new BtfError(`Cannot write BTF enum ${type.id} "${type.name}" as C: its size is ${type.size} bytes`);
}

/** How many bytes it takes to hold all values. */
function leastSize({ values }: BtfEnum): number {
  const negative = values.some(({ value }) => value < 0n);
  for (const size of [1, 2, 4]) {
    const wrap = negative ? BigInt.asIntN : BigInt.asUintN;
    if (values.every(({ value }) => wrap(size * 8, value) === value)) return size;
  }
  return 8;
}

/** The value of an enumerator; C has no literal for the least number. */
export function enumeratorValue(value: bigint, { size }: BtfEnum): string {
  if (value === -(1n << 63n)) return "-9223372036854775807LL - 1";
  if (value >= 1n << 63n) return `${value}ULL`;
  return size === 8 ? `${value}LL` : `${value}`;
}
