/**
 * Variables by which programs may filter, or count what they lose.
 *
 * @module
 */
import type { BtfValue } from "../btf/core.ts";
import { WaggleError } from "../errors.ts";
import type { BpfObject, ObjectProgram } from "../object/mod.ts";
import type { VariableSpec } from "../spec/mod.ts";

/** Names that people give to variables by which programs filter, where these are no constants. */
const FILTER = /filter|target|targ_|only|ignore|pid|tid|tgid|uid|cgroup|ifindex|port|min_|max_/i;

/**
 * The constants that are set and that the program reads, in words: `pid = 123`; and variables where their names say
 * that it filters by them.
 */
export function setFilters(object: BpfObject, { spec }: ObjectProgram): string[] {
  const used = spec.instructions.flatMap(({ reference, immHigh }) =>
    reference?.kind === "mapValue" ? [{ section: reference.name, at: immHigh }] : []
  );
  const isUsed = ({ section, offset, size }: VariableSpec) =>
    used.some((one) => one.section === section && one.at >= offset && one.at < offset + size);
  return object.spec.variables
    .filter((variable) =>
      (variable.section.startsWith(".rodata") || FILTER.test(variable.name)) && isUsed(variable)
    )
    .flatMap(({ name }) => {
      const value = valueOf(object, name);
      return value === undefined || isZero(value) ? [] : [`${name} = ${inWords(value)}`];
    });
}

/** Names that people give to counters of what did not go through. */
const LOSS = /lost|loss|drop|discard|overflow|fail|full/i;

/** Counters that say that something was lost, by their names: `lost = 7`. */
export function lossCounters(object: BpfObject): string[] {
  return object.spec.variables
    .filter(({ name, section }) => LOSS.test(name) && !section.startsWith(".rodata"))
    .flatMap(({ name }) => {
      const value = valueOf(object, name);
      const counts = typeof value === "number" || typeof value === "bigint";
      return counts && value > 0 ? [`${name} = ${value}`] : [];
    });
}

/** `undefined` where the object has no type for it, or is closed. */
function valueOf(object: BpfObject, name: string): BtfValue | undefined {
  try {
    return object.variables.get(name).get();
  } catch (error) {
    if (error instanceof WaggleError) return undefined;
    throw error;
  }
}

function isZero(value: BtfValue): boolean {
  return typeof value === "object" ? Object.values(value).every(isZero) : !value;
}

/** How long a value may be before it is cut. */
const LONGEST = 60;

function inWords(value: BtfValue): string {
  const text = typeof value === "string"
    ? JSON.stringify(value)
    : typeof value === "object"
    ? JSON.stringify(value, (_, part) => typeof part === "bigint" ? `${part}` : part)
    : `${value}`;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
