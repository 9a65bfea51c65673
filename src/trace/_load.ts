/**
 * Kernel functions into the kernel: compiled, their maps created, and loaded.
 *
 * @module
 */
import { VerifierError } from "../errors.ts";
import type { Access, Compiled } from "../lang/mod.ts";
import { loadProgram, type Program } from "../program/mod.ts";
import { withLines, withPlace } from "./_lines.ts";
import { FunctionSource, type KernelFunction } from "./_source.ts";
import type { Events } from "./events.ts";

/** A program, and the events that its function returns. */
export interface LoadedFunction {
  readonly program: Program;
  readonly returned: Events<unknown> | undefined;
  /** What was made of it, as text. */
  explain(): string;
  /** What was made of it, as an object file. */
  toObject(): Promise<Uint8Array>;
}

/**
 * Compiles a kernel function and loads it.
 *
 * @throws {CompileError} It says what cannot be.
 * @throws {VerifierError} The verifier refuses what was made of it.
 */
export function loadFunction(options: KernelFunction): LoadedFunction {
  using undo = new DisposableStack();
  const source = undo.use(new FunctionSource(options));
  const { program, compiled } = load(source);
  undo.move();
  return {
    program,
    returned: source.returned,
    explain: () => source.explain(compiled),
    toObject: async () => (await import("./_object.ts")).objectOf(source, compiled),
  };
}

/** A program and what it was made of. */
interface Loaded {
  readonly program: Program;
  readonly compiled: Compiled;
}

/** Ways to read memory of the kernel, the cheapest first. */
const ACCESSES: readonly Access[] = ["direct", "guarded", "probe"];

/** Loads the program in the form that costs the least of those that the verifier follows. */
function load(source: FunctionSource): Loaded {
  let last: Compiled | undefined;
  for (const access of ACCESSES) {
    const compiled = source.compile({ access });
    // As long as the one before where there is nothing to read in another way
    if (compiled.instructions.length === last?.instructions.length) continue;
    last = compiled;
    try {
      return { program: attempt(source, compiled), compiled };
    } catch (error) {
      if (!(error instanceof VerifierError)) throw error;
    }
  }
  const compiled = source.compile();
  try {
    return { program: attempt(source, compiled, true), compiled };
  } catch (error) {
    throw error instanceof VerifierError ? withPlace(error, compiled, source.origin) : error;
  }
}

/** With lines, the verifier names that of the source where it refuses. */
function attempt(source: FunctionSource, compiled: Compiled, lines = false): Program {
  const { instructions, places } = compiled;
  const program = { ...source.options.program, instructions, maps: source.maps(compiled) };
  return loadProgram(lines ? withLines(program, places, source.text, source.origin) : program);
}
