/**
 * Lines of source for the verifier, and places in it for where it refuses a program.
 *
 * @module
 */
import { type Instruction, slotsByIndex } from "../asm/mod.ts";
import { BtfBuilder, intType } from "../btf/core.ts";
import { VerifierError } from "../errors.ts";
import type { Compiled, Origin, Place } from "../lang/mod.ts";
import { identifier } from "../names.ts";
import type { LoadProgramOptions } from "../program/mod.ts";

/** The program with a line of its source at each instruction that begins one. */
export function withLines(
  program: LoadProgramOptions,
  places: readonly Place[],
  text: string,
  origin: Origin,
): LoadProgramOptions {
  const builder = new BtfBuilder();
  const lines = text.split("\n");
  const int = builder.add(intType());
  const prototype = builder.add({ kind: "prototype", name: "", returnTypeId: int, parameters: [] });
  const typeOf = (name: string) =>
    builder.add({ kind: "function", name: identifier(name), typeId: prototype, linkage: "static" });
  let last: number | undefined;
  const instructions = program.instructions.map((instruction, i): Instruction => {
    const place = places[i];
    const { symbol = i === 0 ? program.name : undefined } = instruction;
    const first = symbol === undefined ? {} : { functionTypeId: typeOf(symbol) };
    if (!place || symbol === undefined && place.offset === last) return { ...instruction, ...first };
    last = place.offset;
    const line = lines[place.line - 1]?.trim() ?? "";
    const located = origin.locate(place);
    const [fileOffset, textOffset] = [builder.addString(located.file), builder.addString(line)];
    return { ...instruction, ...first, source: { ...located, text: line, fileOffset, textOffset } };
  });
  return { ...program, instructions, btf: builder.build() };
}

/** A line that is looked for when somebody asks for it. */
export class LazySource {
  readonly text: string;
  readonly #origin: Origin;
  readonly #place: Place;

  constructor(origin: Origin, lines: readonly string[], place: Place) {
    this.#origin = origin;
    this.#place = place;
    this.text = lines[place.line - 1]?.trim() ?? "";
  }

  get file(): string {
    return this.#origin.locate(this.#place).file;
  }

  get line(): number {
    return this.#origin.locate(this.#place).line;
  }

  get column(): number {
    return this.#origin.locate(this.#place).column;
  }
}

/** An instruction in the verifier's log: `28: (15) if r0 == 0x0 goto pc+2`. */
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\)/;

/** What the last instruction in the log is made of, which is the one that the verifier refused. */
export function refusedPlace(
  { log }: VerifierError,
  { instructions, places }: Compiled,
): Place | undefined {
  const line = log.findLast((line) => INSTRUCTION.test(line)) ?? "";
  const slot = Number(INSTRUCTION.exec(line)?.[1]);
  return places[slotsByIndex(instructions).indexOf(slot)];
}

/** The error with the place of what the last instruction in the log is made of: kernels before 6.9 know no lines. */
export function withPlace(
  error: VerifierError,
  compiled: Compiled,
  origin: Origin,
): VerifierError {
  const place = refusedPlace(error, compiled);
  if (!place) return error;
  const { file, line: row, column } = origin.locate(place);
  const message = error.message.replace(
    ": the verifier refuses it:",
    `$& at ${file}:${row}:${column}:`,
  );
  return new VerifierError(message, { log: error.log, cause: error.cause });
}
