import type { Codec, StructField } from "./codec.ts";
import { bool, i16, i32, i64, i8, joined, LITTLE_ENDIAN, u16, u32, u53, u64, u8 } from "./int.ts";

/** Reads a struct that starts at byte `at`. */
export type StructReader = (view: DataView, at: number) => Record<string, unknown>;

/** The function that reads the fields of a struct into a fresh object, compiled when it is first used. */
export function structReader(fields: readonly StructField[]): StructReader {
  let reader: StructReader | undefined;
  // The only function that is ever called here, so that V8 makes it part of its caller: half the time of a read
  return (view, at) => (reader ??= compileReader(fields))(view, at);
}

/** After how many reads a reader is compiled, which takes as long as about a hundred reads without. */
const COMPILED_AFTER = 32;

/** The same for structs of which there may be hundreds and most are read a few times: compiled once one is used much. */
export function rareStructReader(fields: readonly StructField[]): StructReader {
  let reader = interpretReader(fields);
  let left = COMPILED_AFTER;
  return (view, at) => {
    if (left > 0 && --left === 0) reader = compileReader(fields);
    return reader(view, at);
  };
}

/**
 * Makes the function that reads the fields of a struct into a fresh object.
 *
 * One object literal is 3 to 25 times as fast in V8 as adding properties in a loop, so the function is made from
 * source. Runtimes that refuse code from strings (`--disallow-code-generation-from-strings`) get the loop.
 */
function compileReader(fields: readonly StructField[]): StructReader {
  const codecs = fields.map((field) => field.codec);
  try {
    return new Function("codecs", "joined", readerSource(fields))(codecs, joined);
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return interpretReader(fields);
  }
}

/** The only text of a user in the source is the names, as string literals; all else is numbers. */
function readerSource(fields: readonly StructField[]): string {
  const names = fields.map((_, i) => `codec${i}`);
  const entries = fields.map(({ name, offset, codec }, i) =>
    `${keySource(name)}: ${valueSource(codec, `codec${i}`, offset)},`
  );
  return `"use strict";
const [${names.join(", ")}] = codecs;
return function read(view, at) {
  let low, high;
  return {
    ${entries.join("\n    ")}
  };
};`;
}

/** Gives an object whose fields are read when they are asked for. */
export type LazyReader = (view: DataView, at: number) => Record<string, unknown>;

/** Makes a function that reads the fields of a struct when they are asked for. */
export function compileLazyReader(fields: readonly StructField[]): LazyReader {
  const codecs = fields.map((field) => field.codec);
  try {
    return new Function("codecs", "joined", lazySource(fields))(codecs, joined);
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return interpretLazyReader(fields);
  }
}

function lazySource(fields: readonly StructField[]): string {
  const names = fields.map((_, i) => `codec${i}`);
  const getters = fields.map(({ name, offset, codec }, i) =>
    `get ${keySource(name)}() {
    const view = this[VIEW];
    const at = this[AT];
    let low, high;
    return ${valueSource(codec, `codec${i}`, offset)};
  }`
  );
  // A new object each time: V8 makes none where its fields are asked for at once, which it cannot do with one that stays
  return `"use strict";
const [${names.join(", ")}] = codecs;
const VIEW = Symbol("view");
const AT = Symbol("at");
class Fields {
  constructor(view, at) {
    this[VIEW] = view;
    this[AT] = at;
  }
  ${getters.join("\n  ")}
}
return function read(view, at) {
  return new Fields(view, at);
};`;
}

function interpretLazyReader(fields: readonly StructField[]): LazyReader {
  return (view, at) => {
    const object: Record<string, unknown> = {};
    for (const { name, offset, codec } of fields) {
      Object.defineProperty(object, name, { enumerable: true, get: () => codec.read(view, at + offset) });
    }
    return object;
  };
}

/** The methods of `DataView` that numbers are read by. */
const METHODS: ReadonlyMap<Codec<unknown>, string> = new Map<Codec<unknown>, string>([
  [u8, "getUint8"],
  [i8, "getInt8"],
  [u16, "getUint16"],
  [i16, "getInt16"],
  [u32, "getUint32"],
  [i32, "getInt32"],
  [u64, "getBigUint64"],
  [i64, "getBigInt64"],
]);

/**
 * What reads a field. Numbers without a call: V8 makes only so many calls part of their caller, and what it does not returns
 * fractions and large numbers in memory of their own, at six times the cost.
 */
function valueSource(codec: Codec<unknown>, name: string, offset: number): string {
  const place = (more = 0) => `at + ${offset + more}`;
  const method = METHODS.get(codec);
  if (method) return `view.${method}(${place()}, ${LITTLE_ENDIAN})`;
  if (codec === bool) return `view.getUint8(${place()}) !== 0`;
  if (codec !== u53) return `${name}.read(view, ${place()})`;
  const [low, high] = LITTLE_ENDIAN ? [0, 4] : [4, 0];
  // Most numbers have nothing above, and take half of the time so
  return `(low = view.getUint32(${place(low)}, ${LITTLE_ENDIAN}),
      (high = view.getUint32(${place(high)}, ${LITTLE_ENDIAN})) === 0 ? low : joined(high, low))`;
}

/** In a literal `"__proto__": x` sets the prototype; in brackets it is a key as any other, and slower. */
function keySource(name: string): string {
  const literal = JSON.stringify(name);
  return name === "__proto__" ? `[${literal}]` : literal;
}

/** Does without code from strings what {@linkcode compileReader} does. */
function interpretReader(fields: readonly StructField[]): StructReader {
  return (view, at) =>
    Object.fromEntries(fields.map((field) => [field.name, field.codec.read(view, at + field.offset)]));
}
