/**
 * The formats of tracepoints: which fields their contexts have.
 *
 * @module
 */
import { readTracefs, tracepointId } from "../kernel/mod.ts";
import type { FieldSpec } from "../lang/mod.ts";
import { parsePrint, type Printed } from "./_print_format.ts";

/**
 * The fields of a tracepoint, with those that all have.
 *
 * @throws {NotFoundError} There is no such tracepoint.
 */
export function tracepointFields(group: string, event: string): FieldSpec[] {
  tracepointId(group, event); // says what is wrong with the name
  return parseFormat(readTracefs(`events/${group}/${event}/format`)?.text ?? "");
}

/** `	field:const char * filename;	offset:24;	size:8;	signed:0;` */
const FIELD = /^\s*field:(.+);\s*offset:(\d+);\s*size:(\d+);\s*signed:([01]);/gm;

/** Reads the text of a format, as `kernel/trace/trace_events.c` writes it. */
export function parseFormat(text: string): FieldSpec[] {
  let known: ReadonlyMap<string, Printed> | undefined;
  const printed = (name: string): Printed => (known ??= parsePrint(text)).get(name) ?? {};
  return [...text.matchAll(FIELD)].flatMap(([, declaration = "", offset, size, signed]) => {
    const [, type = "", name = "", length] = /^(.*?)\s*(\w+)(?:\[(\w*)\])?$/.exec(declaration) ?? [];
    const elsewhere = type.startsWith("__data_loc ");
    const elements = Number(length);
    if (name === "") return [];
    return [{
      name,
      type: type.replace(/^__data_loc |^__rel_loc /, "").replace(/\[\]$/, ""),
      offset: Number(offset),
      size: Number(size),
      signed: signed === "1",
      ...length !== undefined && elements > 0 && { length: elements },
      ...elsewhere && { elsewhere: true as const },
      get shown() {
        return printed(name).names;
      },
      get address() {
        return printed(name).address;
      },
    }];
  });
}
