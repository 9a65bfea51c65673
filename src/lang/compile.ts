/**
 * Kernel functions to programs.
 *
 * @module
 */
import type { Instruction } from "../asm/mod.ts";
import { CompileError } from "../errors.ts";
import { type Checked, checkFunction } from "./check/check.ts";
import type { Environment, SharedUse } from "./check/environment.ts";
import type { PlacedInstruction } from "./emit/code.ts";
import { emitProgram } from "./emit/emit.ts";
import type { AccessAt } from "./emit/emitter.ts";
import type { FieldPath } from "./ir/field_path.ts";
import { Fault, type Place } from "./ir/place.ts";
import type { FunctionSyntax } from "./ir/syntax.ts";

/** A place in a file. */
export interface FilePlace {
  /** For messages. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** Where a function is from. */
export interface Origin {
  /** Where in which file what is in the text of the function is. */
  locate(place: Place): FilePlace;
}

/** What is compiled. */
export interface CompileOptions {
  /** Reads the function. */
  readonly parse: () => FunctionSyntax;
  readonly environment: Environment;
  /** Where the function is from; asked for where something is wrong. */
  readonly origin: () => Origin;
  /** How memory of the kernel is read that the verifier knows the types of: as it is by default. */
  readonly access?: AccessAt;
  /** Whether the program is for kernels that have fields at other places, too. */
  readonly relocatable?: boolean | undefined;
}

/** A program that was made of a function. */
export interface Compiled {
  /** With references to maps by the names that they are shared under. */
  readonly instructions: readonly Instruction[];
  /** What each of the instructions is made for. */
  readonly places: readonly Place[];
  /** What the offset or number of each of them is the place of, in structs of the kernel. */
  readonly fields: readonly (FieldPath | undefined)[];
  /** What the function made of each thing that was shared and that it uses. */
  readonly uses: ReadonlyMap<string, SharedUse>;
}

/**
 * Compiles a kernel function.
 *
 * @throws {CompileError} It cannot be made a program of; the message has the place in the file, and the cure.
 */
export function compile(
  { parse, environment, origin, access = () => "direct", relocatable }: CompileOptions,
): Compiled {
  try {
    const checked: Checked = checkFunction(parse(), environment);
    const placed: readonly PlacedInstruction[] = emitProgram(checked.program, {
      access,
      relocatable,
      maps: checked.uses,
      loops: environment.loops,
    });
    return {
      instructions: placed.map(({ instruction }) => instruction),
      places: placed.map(({ place }) => place),
      fields: placed.map(({ field }) => field),
      uses: checked.uses,
    };
  } catch (error) {
    throw error instanceof Fault ? explain(error, origin()) : error;
  }
}

function explain({ message, place, suggestion }: Fault, origin: Origin): CompileError {
  const { file, line, column } = origin.locate(place);
  const cure = suggestion === undefined ? "" : `: ${suggestion}`;
  return new CompileError(
    `Cannot compile the kernel function at ${file}:${line}:${column}: ${message}${cure}`,
    { file, line, column, suggestion },
  );
}
