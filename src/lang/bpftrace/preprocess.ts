/**
 * Lines for the preprocessor of C: `#include`, `#define`, `#ifndef`.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";

/** A script without such lines. */
export interface Preprocessed {
  /** As long as before: what is left out is space. */
  readonly text: string;
  /** What names stand for. */
  readonly macros: ReadonlyMap<string, string>;
}

/** What is known of the kernel's structs comes from its BTF, so that headers are not needed. */
const KNOWN = "BPFTRACE_HAVE_BTF";

const DIRECTIVE = /^[ \t]*#[ \t]*(include|define|undef|ifdef|ifndef|if|elif|else|endif|pragma)\b(.*)$/;

/** Does what such lines say. */
export function preprocess(source: string, placeOf: (offset: number) => Place): Preprocessed {
  const macros = new Map<string, string>([[KNOWN, ""]]);
  const kept: boolean[] = [];
  let offset = 0;
  let comment = false;
  const lines = source.split("\n").map((line) => {
    const place = placeOf(offset);
    offset += line.length + 1;
    const directive = comment ? null : DIRECTIVE.exec(line);
    comment = endsInComment(line, comment);
    if (!directive) return kept.every((one) => one) ? line : blank(line);
    obey(
      directive[1] ?? "",
      (directive[2] ?? "").replace(/\/\/.*|\/\*.*?\*\//g, "").trim(),
      macros,
      kept,
      place,
    );
    return blank(line);
  });
  if (kept.length > 0) throw new Fault(placeOf(source.length), "an #if has no #endif");
  macros.delete(KNOWN);
  return { text: lines.join("\n"), macros };
}

function obey(name: string, rest: string, macros: Map<string, string>, kept: boolean[], place: Place): void {
  const isKept = kept.every((one) => one);
  switch (name) {
    case "ifdef":
    case "ifndef":
      kept.push(macros.has(rest) === (name === "ifdef"));
      return;
    case "if":
      kept.push(holds(rest, macros));
      return;
    case "else":
    case "endif": {
      const last = kept.pop();
      if (last === undefined) throw new Fault(place, `#${name} has no #if before it`);
      if (name === "else") kept.push(!last);
      return;
    }
    case "define": {
      const [, key = "", parameters, body = ""] = /^(\w+)(\([^)]*\))?\s*(.*)$/.exec(rest) ?? [];
      if (parameters !== undefined) {
        throw new Fault(
          place,
          `macro "${key}" takes arguments`,
          "only names that stand for something are known",
        );
      }
      if (isKept) macros.set(key, body);
      return;
    }
    case "undef":
      if (isKept) macros.delete(rest);
      return;
    case "elif":
      throw new Fault(place, "#elif is not known", "write #else and #if");
  }
}

/** `defined(X)`, `!defined(X)`, and numbers. */
function holds(condition: string, macros: ReadonlyMap<string, string>): boolean {
  const [, not, name] = /^(!?)\s*defined\s*\(?\s*(\w+)\s*\)?$/.exec(condition) ?? [];
  if (name !== undefined) return macros.has(name) !== (not === "!");
  return Number(macros.get(condition) ?? condition) !== 0;
}

function blank(line: string): string {
  return " ".repeat(line.length);
}

/** Whether a comment that goes over lines is open at the end of this one. */
function endsInComment(line: string, open: boolean): boolean {
  let rest = open ? line : line.replace(/"(?:\\.|[^"\\])*"/g, '""');
  for (let inside = open;;) {
    const at = inside ? rest.indexOf("*/") : rest.search(/\/\*|\/\//);
    if (at < 0) return inside;
    if (!inside && rest[at + 1] === "/") return false;
    rest = rest.slice(at + 2);
    inside = !inside;
  }
}
