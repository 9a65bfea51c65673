/**
 * Kernel functions into the kernel: compiled, their maps created, and loaded.
 *
 * @module
 */
import { VerifierError } from "../errors.ts";
import type { Access, Compiled, Place } from "../lang/mod.ts";
import { loadProgram, type Program } from "../program/mod.ts";
import { refusedPlace, withLines, withPlace } from "./_lines.ts";
import { FunctionSource, type KernelFunction, type SourceOptions } from "./_source.ts";
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
  const { program, compiled, options: used } = load(source);
  undo.move();
  return {
    program,
    returned: source.returned,
    explain: () => source.explain(compiled),
    toObject: async () => (await import("./_object.ts")).objectOf(source, used),
  };
}

/** A program and what it was made of. */
interface Loaded {
  readonly program: Program;
  readonly compiled: Compiled;
  readonly options: SourceOptions;
}

/** Ways to read memory of the kernel, the cheapest first. */
const ACCESSES: readonly Access[] = ["direct", "guarded", "probe"];

/** How often a program is tried with another way in one of its places, before all of them are changed. */
const MOST_PLACES = 32;

/** What the verifier of this kernel wants otherwise, by where in the text of a function it is: others with the text start there. */
const learned = new Map<string, ReadonlyMap<number, Access>>();

/** Loads the program in the form that costs the least of those that the verifier follows. */
function load(source: FunctionSource): Loaded {
  const loaded = byPlaces(source) ?? throughout(source, "guarded") ?? throughout(source, "probe");
  if (loaded) return loaded;
  const compiled = source.compile();
  try {
    return { program: attempt(source, compiled, true), compiled, options: {} };
  } catch (error) {
    throw error instanceof VerifierError ? withPlace(error, compiled, source.origin) : error;
  }
}

/** Reads as it is, and in another way what the verifier refuses so. */
function byPlaces(source: FunctionSource): Loaded | undefined {
  const key = `${source.options.program.name} ${source.text}`;
  const ways = new Map(learned.get(key));
  const access = ({ offset }: Place) => ways.get(offset) ?? "direct";
  const options = { access };
  let compiled = source.compile(options);
  for (let tried = 0; tried < MOST_PLACES; tried++) {
    const loaded = unlessRefused(source, options, compiled);
    if (!(loaded instanceof VerifierError)) {
      if (ways.size > 0) learned.set(key, ways);
      return loaded;
    }
    const place = refusedPlace(loaded, compiled);
    const next = place && ACCESSES[ACCESSES.indexOf(access(place)) + 1];
    if (!next) return undefined;
    ways.set(place.offset, next);
    const { length } = compiled.instructions;
    compiled = source.compile(options);
    // Nothing is read there
    if (compiled.instructions.length === length) return undefined;
  }
  return undefined;
}

/** Reads in one way everywhere; `undefined` where the verifier refuses it, or it is no other program. */
function throughout(source: FunctionSource, way: Access): Loaded | undefined {
  const options = { access: () => way };
  const compiled = source.compile(options);
  if (compiled.instructions.length === source.compile().instructions.length) return undefined;
  const loaded = unlessRefused(source, options, compiled);
  return loaded instanceof VerifierError ? undefined : loaded;
}

function unlessRefused(
  source: FunctionSource,
  options: SourceOptions,
  compiled: Compiled,
): Loaded | VerifierError {
  try {
    return { program: attempt(source, compiled), compiled, options };
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
}

/** With lines, the verifier names that of the source where it refuses. */
function attempt(source: FunctionSource, compiled: Compiled, lines = false): Program {
  const { instructions, places } = compiled;
  const program = { ...source.options.program, instructions, maps: source.maps(compiled) };
  // The kernel calls back only what it has types of
  const isCalled = instructions.some(({ symbol }) => symbol !== undefined);
  return loadProgram(lines || isCalled ? withLines(program, places, source.text, source.origin) : program);
}
