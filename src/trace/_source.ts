/**
 * Kernel functions on their way to a program: read once, and compiled in one form or another.
 *
 * @module
 */
import type { Instruction } from "../asm/mod.ts";
import type { Btf } from "../btf/core.ts";
import { kernelBtf, kernelSymbols, kernelVersionCode, versionCode } from "../kernel/mod.ts";
import {
  type AccessAt,
  compile,
  type Compiled,
  type ContextSpec,
  explainProgram,
  type LoopWay,
  type Origin,
  RETURNED,
  type SharedSpec,
} from "../lang/mod.ts";
import type { BpfMap } from "../map/core.ts";
import type { LoadProgramOptions } from "../program/mod.ts";
import { LazySource } from "./_lines.ts";
import type { AnyFunction } from "./_origin.ts";
import { KernelText } from "./_text.ts";
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
  /** Where it attaches, as `SEC()` of libbpf says it; none where it has no words for that. */
  readonly section?: string;
  /** What it may return, by name; where there are none, events that it returns are sent. */
  readonly results?: Readonly<Record<string, bigint>>;
  /** What it returns where it says nothing. */
  readonly result?: bigint;
  /** What takes the records that it returns, where these are not sent as events. */
  readonly records?: Shared<unknown>;
}

/** How a function is compiled. */
export interface SourceOptions {
  /** How memory of the kernel is read that the verifier knows the types of: as it is by default. */
  readonly access?: AccessAt;
  /** The types of the kernel; those of the one that runs by default. */
  readonly types?: () => Btf;
  /** How the kernel runs loops without a bound, where it does; as the one that runs by default. */
  readonly loops?: () => LoopWay | undefined;
  /** The address of a symbol of the kernel; in the one that runs by default. */
  readonly symbol?: (name: string) => bigint | undefined;
  /** Whether the program is for kernels that have fields at other places, too. */
  readonly relocatable?: boolean;
}

/** By the version of the kernel that runs. */
function loopWay(): LoopWay | undefined {
  const version = kernelVersionCode();
  if (version >= versionCode("6.9")) return "may_goto";
  return version >= versionCode("5.17") ? "bpf_loop" : undefined;
}

function symbolAddress(name: string): bigint | undefined {
  return kernelSymbols([name]).get(name);
}

/** A kernel function, its text, and the events that it returns. */
export class FunctionSource implements Disposable {
  readonly options: KernelFunction;
  readonly #text: KernelText;
  /** What the function returns, where that is sent. */
  readonly returned: Events<unknown> | undefined;

  constructor(options: KernelFunction) {
    this.options = options;
    this.#text = new KernelText(options.function, options.shared);
    this.returned = options.results || options.records ? undefined : new Events<unknown>({});
  }

  /** What takes the records that the function returns. */
  get #records(): Shared<unknown> | undefined {
    return this.returned ?? this.options.records;
  }

  /** That of the function, and behind it those of functions that it is handed. */
  get text(): string {
    return this.#text.text;
  }

  /** Where the function is; looked for when something is wrong with it. */
  get origin(): Origin {
    return this.#text.origin;
  }

  /**
   * Makes instructions of it.
   *
   * @throws {CompileError} It says what cannot be.
   */
  compile(options: SourceOptions = {}): Compiled {
    const {
      access = () => "direct",
      types = kernelBtf,
      loops = loopWay,
      symbol = symbolAddress,
      relocatable,
    } = options;
    const { context, shared, results, result } = this.options;
    const specs: Record<string, SharedSpec> = {};
    for (const [name, thing] of Object.entries(shared)) {
      specs[name] = thing instanceof Shared
        ? thing.spec
        : typeof thing === "function"
        ? { kind: "function", parse: () => this.#text.handed(name) }
        : { kind: "constant", value: thing };
    }
    const records = this.#records;
    if (records) specs[RETURNED] = records.spec;
    return compile({
      parse: () => this.#text.syntax,
      environment: {
        context,
        shared: specs,
        types,
        symbol,
        loops,
        ...results && { results },
        ...result !== undefined && { result },
      },
      access,
      relocatable,
      origin: () => this.origin,
    });
  }

  /** The maps of what it shares and uses, created where they are not there yet. */
  maps({ uses }: Compiled): Record<string, BpfMap> {
    const maps: Record<string, BpfMap> = {};
    for (const [name, use] of uses) {
      const thing = name === RETURNED ? this.#records : this.options.shared[name];
      if (thing instanceof Shared) Object.assign(maps, thing.open(name, use));
    }
    return maps;
  }

  /** The instructions with the lines of the file that they are made of. */
  lined({ instructions, places }: Compiled): readonly Instruction[] {
    const { origin, text } = this;
    const lines = text.split("\n");
    const sources = new Map(places.map((place) => [place.offset, new LazySource(origin, lines, place)]));
    return instructions.map((instruction, i) => {
      const source = sources.get(places[i]?.offset ?? -1);
      return source ? { ...instruction, source } : instruction;
    });
  }

  /** What was made of it, as text. */
  explain(compiled: Compiled): string {
    return explainProgram(compiled, this.text);
  }

  /** Closes what it returns. */
  [Symbol.dispose](): void {
    this.returned?.close();
  }
}
