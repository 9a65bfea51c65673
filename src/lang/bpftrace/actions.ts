/**
 * Statements that are done outside of the kernel: `printf()`, `print()`, `exit()`.
 *
 * @module
 */
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Scalar, Variable } from "../ir/tree.ts";
import { U64, VOID } from "../ir/type.ts";
import type { CallNode, Expression } from "./ast.ts";
import { checkCount, text } from "./calls.ts";
import { checkFormat } from "./format.ts";
import type { Lowering } from "./lowering.ts";
import { removeFrom } from "./map_uses.ts";
import { addressOf, addressType, spread } from "./memory.ts";
import { numberOf } from "./numbers.ts";
import { helper } from "./process.ts";
import { isAggregation, type ValueType } from "./types.ts";
import { stringValue, textValue, type Value } from "./value.ts";

type Action = (lowering: Lowering, args: readonly Expression[], place: Place) => Effect;

const MANY = 64;

const ACTIONS: Readonly<Record<string, readonly [least: number, most: number, action: Action]>> = {
  printf: [1, MANY, (lowering, args, place) => formatted(lowering, "printf", args, place)],
  cat: [1, MANY, (lowering, args, place) => formatted(lowering, "cat", args, place)],
  system: [1, MANY, (lowering, args, place) => {
    onlyUnsafe(lowering, "system()", place);
    return formatted(lowering, "system", args, place);
  }],
  print: [1, 3, print],
  clear: [1, 1, (lowering, [of], place) => onMap(lowering, "clear", of, place)],
  zero: [1, 1, (lowering, [of], place) => onMap(lowering, "zero", of, place)],
  delete: [1, 1, (lowering, [of], place) => {
    if (of?.kind !== "map") throw new Fault(place, "delete() takes a map and its key: delete(@x[key])");
    return removeFrom(lowering, of);
  }],
  time: [0, 1, (lowering, [format], place) => {
    const action = { do: "time", format: format ? text(format, "time()") : "%H:%M:%S\n", types: [] } as const;
    return lowering.send(action, [], place);
  }],
  join: [1, 2, join],
  signal: [1, 1, signal],
  override: [1, 1, (_, _args, place) => {
    throw new Fault(place, "override() changes what the kernel does, which scripts here never do");
  }],
};

/** Whether a call is a statement that has no value. */
export function isAction({ name }: CallNode): boolean {
  return Object.hasOwn(ACTIONS, name);
}

/** What a call does. */
export function act(lowering: Lowering, { name, args, place }: CallNode): Effect {
  const known = ACTIONS[name];
  if (!known) throw new Fault(place, `there is no function "${name}"`);
  checkCount(name, args.length, known, place);
  return known[2](lowering, args, place);
}

/** `exit()` as far as it is told outside; the program ends, too. */
export function exitEffect(lowering: Lowering, place: Place): Effect {
  return lowering.send({ do: "exit", types: [] }, [], place);
}

function onlyUnsafe({ host }: Lowering, what: string, place: Place): void {
  if (host.unsafe) return;
  throw new Fault(place, `${what} is not allowed in safe mode`, "allow it: --unsafe");
}

function formatted(
  lowering: Lowering,
  name: "printf" | "cat" | "system",
  [first, ...rest]: readonly Expression[],
  place: Place,
): Effect {
  const format = text(first, `${name}()`);
  const values = rest.map((one) => shown(lowering, one));
  const types = values.map(({ type }) => type);
  if (lowering.strict) checkFormat(name, format, types, place);
  return lowering.send({ do: name, format, types }, values, place);
}

/** A value to be shown: what is in memory is read. */
function shown(lowering: Lowering, node: Expression): Value {
  const value = node.kind === "positional" ? positionalText(lowering, node) : lowering.lower(node);
  if (value.type.kind === "struct") {
    throw new Fault(node.place, `${value.type.name} cannot be shown as a whole`, "name its members");
  }
  return spread(value, node.place);
}

/** `$1` in a list of values is text where it is no number. */
function positionalText(lowering: Lowering, node: Extract<Expression, { kind: "positional" }>): Value {
  const given = lowering.host.parameters[node.index - 1];
  const isNumber = node.index === 0 || given === undefined || /^-?(0x[0-9a-f]+|\d+)$/i.test(given);
  return isNumber ? lowering.lower(node) : stringValue(given, node.place);
}

function print(lowering: Lowering, [of, top, divisor]: readonly Expression[], place: Place): Effect {
  if (of?.kind === "map" && of.key.length === 0) {
    const known = lowering.maps.key(of.name);
    const value = lowering.maps.value(of.name);
    if (!value && lowering.strict) throw new Fault(of.place, `${of.name} is never given a value`);
    if (known?.length !== 0 || value && isAggregation(value) || top) {
      lowering.used.add(of.name);
      const numbers = { top: numberArgument(lowering, top), divisor: numberArgument(lowering, divisor) };
      return lowering.send({ do: "printMap", map: of.name, ...numbers, types: [] }, [], place);
    }
    lowering.used.add(of.name);
    return lowering.send({ do: "printMap", map: of.name, top: 0, divisor: 0, types: [] }, [], place);
  }
  if (top) throw new Fault(top.place, "only maps have a top to print");
  const value = shown(lowering, of as Expression);
  return lowering.send({ do: "print", types: [value.type] }, [value], place);
}

function numberArgument(lowering: Lowering, node: Expression | undefined): number {
  if (!node) return 0;
  const value = numberOf(lowering.lower(node), node.place);
  if (value.kind === "constant") return Number(value.value);
  throw new Fault(node.place, "this must be a constant number");
}

function onMap(lowering: Lowering, name: "clear" | "zero", of: Expression | undefined, place: Place): Effect {
  if (of?.kind !== "map" || of.key.length > 0) {
    throw new Fault(of?.place ?? place, `${name}() takes a map without a key: ${name}(@x)`);
  }
  if (!lowering.maps.value(of.name) && lowering.strict) {
    throw new Fault(of.place, `${of.name} is never given a value`);
  }
  lowering.used.add(of.name);
  return lowering.send({ do: name, map: of.name, types: [] }, [], place);
}

/** How many arguments `join()` takes at most, and how many bytes of each. */
const JOINED = 16;
const JOINED_SIZE = 1024;

/** Sends the texts that a list of addresses names, which ends with one that is null. */
function join(lowering: Lowering, [of, delimiter]: readonly Expression[], place: Place): Effect {
  const list = addressOf(lowering.lower(of as Expression), place);
  const space = list.type.kind === "pointer" ? list.type.space : "any";
  const effects: Effect[] = [];
  const keep = (value: Scalar): Scalar => {
    const variable: Variable = { name: "text", type: addressType(space) };
    effects.push({ kind: "set", type: VOID, place, variable, value });
    return { kind: "variable", type: variable.type as typeof value.type, place, variable };
  };
  const start = keep(list);
  let last: Scalar = start;
  const values = Array.from({ length: JOINED }, (_, i) => {
    const next: Scalar = {
      kind: "load",
      type: addressType(space),
      place,
      address: start,
      offset: i * 8,
      size: 8,
    };
    // Behind the end are the variables of the environment
    last = keep(
      i === 0 ? next : {
        kind: "choice",
        type: addressType(space),
        place,
        condition: { kind: "truth", place, of: last },
        then: next,
        otherwise: constant(0n, place),
      },
    );
    return textValue({ kind: "string", type: { kind: "text", size: JOINED_SIZE }, place, address: last });
  });
  const types: ValueType[] = values.map(({ type }) => type);
  const action = { do: "join", delimiter: delimiter ? text(delimiter, "join()") : " ", types } as const;
  effects.push(lowering.send(action, values, place));
  return { kind: "effects", type: VOID, place, effects };
}

const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
};

function signal(lowering: Lowering, [of]: readonly Expression[], place: Place): Effect {
  onlyUnsafe(lowering, "signal()", place);
  const name = of?.kind === "string" ? of.value.replace(/^SIG/, "") : undefined;
  const number = name === undefined
    ? numberOf(lowering.lower(of as Expression), place)
    : constant(BigInt(SIGNALS[name] ?? 0), place);
  if (number.kind === "constant" && (number.value < 1n || number.value > 64n)) {
    throw new Fault(place, "there is no such signal", 'name one: signal("TERM")');
  }
  return { kind: "do", type: VOID, place, value: { ...helper("bpf_send_signal", place, number), type: U64 } };
}
