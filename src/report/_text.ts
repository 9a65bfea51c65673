/**
 * Reports as text.
 *
 * @module
 */
import {
  type Finding,
  type FindingLevel,
  nameOf,
  partsOf,
  type Problem,
  type ReportSubject,
} from "./parts.ts";

const MARKS: Readonly<Record<FindingLevel, string>> = { fact: "", problem: "! ", unknown: "? " };

/** The whole report; the first line says what is likely. */
export function reportText(subject: ReportSubject, [likely]: readonly Problem[], width: number): string {
  const verdict = likely
    ? `likely: ${likely.of}: ${likely.text}`
    : "nothing that was found says why nothing would be seen";
  return [...wrapped(verdict, "", width), ...partLines(subject, "", width)].join("\n");
}

function* partLines(part: ReportSubject, indent: string, width: number): Generator<string> {
  yield* wrapped(
    `${headOf(part)}${part.findings.length + partsOf(part).length > 0 ? ":" : ""}`,
    indent,
    width,
  );
  for (const { level, text } of ordered(part)) yield* wrapped(`${MARKS[level]}${text}`, `${indent}  `, width);
  for (const below of partsOf(part)) yield* partLines(below, `${indent}  `, width);
}

/** The facts first. */
function ordered({ findings }: ReportSubject): Finding[] {
  return [
    ...findings.filter(({ level }) => level === "fact"),
    ...findings.filter(({ level }) => level !== "fact"),
  ];
}

function headOf(part: ReportSubject): string {
  switch (part.kind) {
    case "program":
      return `program "${part.name}" (${part.section})`;
    case "map":
      return part.type === "" ? `map "${part.name}"` : `map "${part.name}" (${part.type})`;
    case "attachment":
      return `${nameOf(part)}${part.own ? "" : ", which a pin or another process holds"}`;
    default:
      return nameOf(part);
  }
}

/** Breaks between words; what follows the first line is further in. A longer word has a line of its own. */
function* wrapped(text: string, indent: string, width: number): Generator<string> {
  let line = indent;
  let empty = true;
  for (const word of text.replace(/\s+/g, " ").split(" ")) {
    if (!empty && line.length + 1 + word.length > width) {
      yield line;
      line = `${indent}    `;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  yield line;
}
