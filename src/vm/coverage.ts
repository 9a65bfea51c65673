/**
 * What of a program has been run.
 *
 * @module
 */
import { formatInstruction, type Instruction } from "../asm/mod.ts";
import type { Code, Op } from "./_code.ts";
import { sourceOf } from "./_place.ts";

/** A line of source and how often it was run. */
export interface CoveredLine {
  /** The file, as the compiler was given it. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The text. */
  readonly text: string;
  /** How often its instruction that was run most was run. */
  readonly hits: number;
}

/** A function and how often it was called. */
export interface CoveredFunction {
  /** The name. */
  readonly name: string;
  /** The file of its first line; empty where unknown. */
  readonly file: string;
  /** Its first line; 0 where unknown. */
  readonly line: number;
  /** How often its first instruction was run. */
  readonly hits: number;
}

/** A program and how often each instruction was run. */
export interface CoveredProgram {
  /** The name. */
  readonly name: string;
  /** The instructions. */
  readonly instructions: readonly Instruction[];
  /** How often each was run. */
  readonly hits: readonly number[];
}

/** Counts of instructions, lines and functions; those of several runs and machines add up. */
export class Coverage {
  /** The programs, each with those it calls by tail calls beside it. */
  readonly programs: readonly CoveredProgram[];
  /** The lines that have instructions, by file and number. */
  readonly lines: readonly CoveredLine[];
  /** The functions, by file and line. */
  readonly functions: readonly CoveredFunction[];

  private constructor(
    programs: readonly CoveredProgram[],
    lines: readonly CoveredLine[],
    functions: readonly CoveredFunction[],
  ) {
    this.programs = programs;
    this.lines = lines;
    this.functions = functions;
  }

  /** @internal */
  static of(codes: readonly Code[]): Coverage {
    const lines: CoveredLine[] = [];
    const functions: CoveredFunction[] = [];
    for (const code of codes) {
      const own = new Map<string, CoveredLine>();
      for (const { index, hits } of instructionsOf(code)) {
        const source = sourceOf(code, index);
        if (code.functions.has(index)) {
          const name = code.functions.get(index) ?? code.name;
          functions.push({ name, file: source?.file ?? "", line: source?.line ?? 0, hits });
        }
        if (source === undefined || source.line === 0) continue;
        const { file, line, text } = source;
        const before = own.get(lineKey(source))?.hits ?? 0;
        own.set(lineKey(source), { file, line, text, hits: Math.max(before, hits) });
      }
      lines.push(...own.values());
    }
    const programs = codes.map((code) => ({
      name: code.name,
      instructions: code.instructions,
      hits: instructionsOf(code).map(({ hits }) => hits),
    }));
    return new Coverage(programs, sumLines(lines), sumFunctions(functions));
  }

  /** The coverage of several machines, added up: of the same program, or of several of one source. */
  static merge(parts: Iterable<Coverage>): Coverage {
    const all = [...parts];
    const programs = new Map<string, CoveredProgram>();
    for (const program of all.flatMap((part) => part.programs)) {
      const key = `${program.name}:${program.instructions.length}`;
      const before = programs.get(key);
      programs.set(
        key,
        before === undefined ? program : {
          ...program,
          hits: program.hits.map((hits, index) => hits + (before.hits[index] ?? 0)),
        },
      );
    }
    return new Coverage(
      [...programs.values()],
      sumLines(all.flatMap((part) => part.lines)),
      sumFunctions(all.flatMap((part) => part.functions)),
    );
  }

  /** The share of lines that were run, from 0 to 1; of instructions where no lines are known. */
  get share(): number {
    const counts = this.lines.length > 0
      ? this.lines.map(({ hits }) => hits)
      : this.programs.flatMap(({ hits }) => hits);
    return counts.length === 0 ? 1 : counts.filter((hits) => hits > 0).length / counts.length;
  }

  /** For people: each line, or instruction where no lines are known, with how often it was run. */
  toString(): string {
    const rows: string[] = [];
    let file = "";
    for (const line of this.lines) {
      if (line.file !== file) rows.push(`${file = line.file}:`);
      rows.push(`${count(line.hits)} ${String(line.line).padStart(5)}  ${line.text}`);
    }
    if (rows.length === 0) {
      for (const { name, instructions, hits } of this.programs) {
        rows.push(`${name}:`);
        for (const [index, instruction] of instructions.entries()) {
          rows.push(
            `${count(hits[index] ?? 0)} ${String(index).padStart(5)}  ${formatInstruction(instruction)}`,
          );
        }
      }
    }
    const percent = Math.floor(this.share * 1000) / 10;
    return `${rows.join("\n")}\n${percent}% of ${this.lines.length > 0 ? "lines" : "instructions"}\n`;
  }

  /** The tracefile format of lcov (geninfo(1)), for `genhtml` and services that show coverage. */
  toLcov(): string {
    const files = [...new Set(this.lines.map(({ file }) => file))];
    return files.map((file) => {
      const functions = this.functions.filter((it) => it.file === file && it.line > 0);
      const lines = this.lines.filter((it) => it.file === file);
      return [
        "TN:",
        `SF:${file}`,
        ...functions.map(({ line, name }) => `FN:${line},${name}`),
        ...functions.map(({ hits, name }) => `FNDA:${hits},${name}`),
        `FNF:${functions.length}`,
        `FNH:${functions.filter(({ hits }) => hits > 0).length}`,
        ...lines.map(({ line, hits }) => `DA:${line},${hits}`),
        `LF:${lines.length}`,
        `LH:${lines.filter(({ hits }) => hits > 0).length}`,
        "end_of_record\n",
      ].join("\n");
    }).join("");
  }
}

/** Without what stands for places where no instruction is. */
function instructionsOf({ ops, instructions }: Code): Op[] {
  return ops.slice(0, instructions.length);
}

function count(hits: number): string {
  return (hits === 0 ? "-" : String(hits)).padStart(9);
}

function lineKey({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`;
}

function byPlace(a: CoveredLine | CoveredFunction, b: CoveredLine | CoveredFunction): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line;
}

function sumLines(lines: readonly CoveredLine[]): CoveredLine[] {
  const sums = new Map<string, CoveredLine>();
  for (const line of lines) {
    const before = sums.get(lineKey(line));
    sums.set(lineKey(line), before === undefined ? line : { ...line, hits: line.hits + before.hits });
  }
  return [...sums.values()].sort(byPlace);
}

function sumFunctions(functions: readonly CoveredFunction[]): CoveredFunction[] {
  const sums = new Map<string, CoveredFunction>();
  for (const it of functions) {
    const key = `${lineKey(it)}:${it.name}`;
    const before = sums.get(key);
    sums.set(key, before === undefined ? it : { ...it, hits: it.hits + before.hits });
  }
  return [...sums.values()].sort(byPlace);
}
