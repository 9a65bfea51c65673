/**
 * Kernel functions into the kernel: compiled, their maps created, and loaded.
 *
 * @module
 */
import { VerifierError } from "../errors.ts";
import { kernelBtf } from "../kernel/mod.ts";
import {
  type Access,
  compile,
  type Compiled,
  type ContextSpec,
  type Environment,
  fromJavaScript,
  type FunctionSyntax,
  type Origin,
  RETURNED,
  type SharedSpec,
} from "../lang/mod.ts";
import type { BpfMap } from "../map/core.ts";
import { loadProgram, type LoadProgramOptions, type Program } from "../program/mod.ts";
import { explainProgram } from "./_explain.ts";
import { type AnyFunction, originOf } from "./_origin.ts";
import { withLines, withPlace } from "./_lines.ts";
import { Events } from "./events.ts";
import { Shared, type SharedThings } from "./shared.ts";

/** A kernel function and what is to become of it. */
export interface KernelFunction {
  /** The function. */
  readonly function: AnyFunction;
  /** What it is handed. */
  readonly shared: SharedThings;
  /** What it is called with. */
  readonly context: ContextSpec;
  /** What the program is for the kernel. */
  readonly program: Pick<LoadProgramOptions, "name" | "type" | "expectedAttachType" | "attachTo">;
  /** What it may return, by name; where there are none, events that it returns are sent. */
  readonly results?: Readonly<Record<string, bigint>>;
  /** What it returns where it says nothing. */
  readonly result?: bigint;
}

/** A program, and the events that its function returns. */
export interface LoadedFunction {
  readonly program: Program;
  readonly returned: Events<unknown> | undefined;
  /** What was made of it, as text. */
  explain(): string;
}

/**
 * Compiles a kernel function and loads it.
 *
 * @throws {CompileError} It says what cannot be.
 * @throws {VerifierError} The verifier refuses what was made of it.
 */
export function loadFunction(options: KernelFunction): LoadedFunction {
  const text = String(options.function);
  const job = new Job(options, text);
  using undo = new DisposableStack();
  const returned = options.results ? undefined : undo.use(new Events<unknown>({}));
  const { program, compiled } = job.load(returned);
  undo.move();
  return { program, returned, explain: () => explainProgram(compiled, text) };
}

/** A program and what it was made of. */
interface Loaded {
  readonly program: Program;
  readonly compiled: Compiled;
}

/** Ways to read memory of the kernel, the cheapest first. */
const ACCESSES: readonly Access[] = ["direct", "guarded", "probe"];

/** One function on its way. */
class Job {
  readonly #options: KernelFunction;
  readonly #text: string;
  #syntax: FunctionSyntax | undefined;
  #known: Origin | undefined;

  constructor(options: KernelFunction, text: string) {
    this.#options = options;
    this.#text = text;
  }

  /** Loads the program in the form that costs the least of those that the verifier follows. */
  load(returned: Events<unknown> | undefined): Loaded {
    let last: Compiled | undefined;
    for (const access of ACCESSES) {
      const compiled = this.#compile(returned, access);
      // As long as the one before where there is nothing to read in another way
      if (compiled.instructions.length === last?.instructions.length) continue;
      last = compiled;
      try {
        return { program: this.#attempt(compiled, returned), compiled };
      } catch (error) {
        if (!(error instanceof VerifierError)) throw error;
      }
    }
    const compiled = this.#compile(returned, "direct");
    try {
      return { program: this.#attempt(compiled, returned, true), compiled };
    } catch (error) {
      throw error instanceof VerifierError ? withPlace(error, compiled, this.#origin) : error;
    }
  }

  /** With lines, the verifier names that of the source where it refuses. */
  #attempt(compiled: Compiled, returned: Events<unknown> | undefined, lines = false): Program {
    const maps: Record<string, BpfMap> = {};
    for (const [name, use] of compiled.uses) {
      const thing = name === RETURNED ? returned : this.#options.shared[name];
      if (thing instanceof Shared) Object.assign(maps, thing.open(name, use));
    }
    const program = { ...this.#options.program, instructions: compiled.instructions, maps };
    return loadProgram(lines ? withLines(program, compiled.places, this.#text, this.#origin) : program);
  }

  #compile(returned: Events<unknown> | undefined, access: Access): Compiled {
    const { context, shared, results, result } = this.#options;
    const specs: Record<string, SharedSpec> = {};
    for (const [name, thing] of Object.entries(shared)) {
      specs[name] = thing instanceof Shared ? thing.spec : { kind: "constant", value: thing };
    }
    if (returned) specs[RETURNED] = returned.spec;
    const environment: Environment = {
      context,
      shared: specs,
      types: kernelBtf,
      ...results && { results },
      ...result !== undefined && { result },
    };
    const parse = () => this.#syntax ??= fromJavaScript(this.#text);
    return compile({ parse, environment, access, origin: () => this.#origin });
  }

  /** Where the function is. */
  get #origin(): Origin {
    return this.#known ??= originOf(this.#text);
  }
}
