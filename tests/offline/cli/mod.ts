/**
 * Stand-in for `@std/cli` where JSR cannot be reached: `parseArgs` over the one of `node:util`.
 *
 * Never published. deno.offline.json maps `@std/cli` here for Deno, tests/tsconfig.json for Bun.
 * Differs from the real one in flags that are not declared: they never take the next argument.
 *
 * @module
 */

import { parseArgs as parse } from "node:util";

/** Which flags there are. */
export interface ParseOptions<S extends string = never, B extends string = never, C extends string = never> {
  /** Flags with a value; `_` keeps positional arguments as text. */
  readonly string?: readonly S[];
  /** Flags without; `false` when absent. */
  readonly boolean?: readonly B[];
  /** Flags of `string` that may be given several times; `[]` when absent. */
  readonly collect?: readonly C[];
  /** Other names of a flag. */
  readonly alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of absent flags. */
  readonly default?: Readonly<Record<string, unknown>>;
  /** Whether everything after the first positional argument is positional. */
  readonly stopEarly?: boolean;
}

/** What {@linkcode parseArgs} returns. */
export type Args<S extends string, B extends string, C extends string> =
  & { [K in Exclude<S, C | "_">]?: string }
  & { [K in B]: boolean }
  & { [K in C]: string[] }
  & { _: (string | number)[] }
  & Record<string, unknown>;

/** Reads command line arguments. */
export function parseArgs<S extends string = never, B extends string = never, C extends string = never>(
  args: readonly string[],
  options: ParseOptions<S, B, C> = {},
): Args<S, B, C> {
  const names = new Map<string, string[]>();
  const declared: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  for (const type of ["string", "boolean"] as const) {
    for (const name of options[type] ?? []) {
      const all = [name, ...[options.alias?.[name] ?? []].flat()];
      for (const each of all) {
        names.set(each, all);
        declared[each] = each.length === 1 ? { type, short: each } : { type };
      }
    }
  }

  const result: Record<string, unknown> = { _: [] };
  const positional: (string | number)[] = [];
  for (const name of options.boolean ?? []) for (const each of names.get(name) ?? []) result[each] = false;
  for (const name of options.collect ?? []) result[name] = [];
  Object.assign(result, options.default);

  const { tokens } = parse({
    args: [...args],
    options: declared,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (options.stopEarly) {
        positional.push(...args.slice(token.index));
        break;
      }
      positional.push(token.value);
    } else if (token.kind === "option") {
      const value = token.value ?? (declared[token.name]?.type === "string" ? "" : true);
      for (const name of names.get(token.name) ?? [token.name]) {
        const kept = result[name];
        result[name] = Array.isArray(kept) ? [...kept, value] : value;
      }
    }
  }
  const asText = (options.string as readonly string[] | undefined)?.includes("_") ?? false;
  result["_"] = asText ? positional : positional.map((text) => isNumber(text) ? Number(text) : text);
  return result as Args<S, B, C>;
}

function isNumber(text: string | number): boolean {
  return text !== "" && Number.isFinite(Number(text));
}
