import type { StructField } from "./codec.ts";

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
    return new Function("codecs", readerSource(fields))(codecs);
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return interpretReader(fields);
  }
}

/** The only text of a user in the source is the names, as string literals; all else is numbers. */
function readerSource(fields: readonly StructField[]): string {
  const names = fields.map((_, i) => `codec${i}`);
  const entries = fields.map(({ name, offset }, i) =>
    `${keySource(name)}: codec${i}.read(view, at + ${offset}),`
  );
  return `"use strict";
const [${names.join(", ")}] = codecs;
return function read(view, at) {
  return {
    ${entries.join("\n    ")}
  };
};`;
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
