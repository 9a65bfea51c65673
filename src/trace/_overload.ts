/**
 * The two forms of all that take kernel functions: with and without things that are shared.
 *
 * @module
 */
import type { AnyFunction } from "./_origin.ts";
import type { SharedThings } from "./shared.ts";

/** What comes after the name: the function and options, or what is shared, the function and options. */
export type Rest<O> =
  | readonly [body: AnyFunction, options?: O | undefined]
  | readonly [shared: SharedThings, body: AnyFunction, options?: O | undefined];

/** What was handed over, in either form. */
export interface Given<O> {
  readonly shared: SharedThings;
  readonly function: AnyFunction;
  readonly options: O | undefined;
}

/** Tells the forms apart. */
export function given<O>(rest: Rest<O>): Given<O> {
  if (isBare(rest)) return { shared: {}, function: rest[0], options: rest[1] };
  const [shared, body, options] = rest;
  if (typeof body === "function") return { shared, function: body, options };
  throw new TypeError("Cannot attach a kernel function: none was given");
}

function isBare<O>(rest: Rest<O>): rest is readonly [AnyFunction, (O | undefined)?] {
  return typeof rest[0] === "function";
}
