/**
 * Where text goes.
 *
 * @module
 */
import type { Style } from "./style.ts";

/** What is known of where text goes. */
export interface Terminal extends Style {
  /** Lines of the screen; `undefined` where there is none. */
  readonly height?: number | undefined;
  /** Whether it is a terminal on which what was written can be written over. */
  readonly interactive: boolean;
}

/** Takes text. {@linkcode Output} is one; tests write others. */
export interface Sink {
  /** What is known of it now: terminals change their size. */
  readonly terminal: Terminal;
  /** Writes text as it is. Returns whether somebody still reads. */
  write(text: string): boolean;
}

/** Columns and lines of a terminal that does not tell. */
const USUAL = { columns: 80, rows: 24 };

/**
 * What may be written to a terminal of this size, or, without one, to a pipe or file, by the environment:
 *
 * - the width is the terminal's; that of a pipe is `COLUMNS`, unlimited without
 * - colour is for terminals that are not dumb, or where `FORCE_COLOR` asks for it; `NO_COLOR` has the last word
 * - Unicode is for where the locale (`LC_ALL`, `LC_CTYPE` or `LANG`) is of UTF-8
 */
export function terminalFacts(
  size: { readonly columns: number; readonly rows: number } | undefined,
  environment: ReadonlyMap<string, string>,
): Terminal {
  const get = (name: string) => environment.get(name) ?? "";
  const columns = positive(get("COLUMNS"));
  const able = size !== undefined && !["", "dumb"].includes(get("TERM"));
  const forced = get("FORCE_COLOR");
  const locale = get("LC_ALL") || get("LC_CTYPE") || get("LANG");
  return {
    width: size === undefined ? columns : size.columns || columns || USUAL.columns,
    height: size === undefined ? undefined : size.rows || positive(get("LINES")) || USUAL.rows,
    unicode: /utf-?8/i.test(locale),
    color: get("NO_COLOR") === "" && (forced === "" ? able : !["0", "false"].includes(forced)),
    interactive: able,
  };
}

function positive(text: string): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
