/**
 * Programs that do the same thing in C, Go, Deno and Bun.
 *
 * @module
 */
import { findTool } from "../../scripts/_tools.ts";

/** A process that prints one figure a line. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
}

/** Where the programs are. */
export const HERE: string = new URL(".", import.meta.url).pathname;

/** The path of Bun. */
export const BUN: string | undefined = findTool("bun");

/** A script in each runtime. */
export function runtimes(script: string, ...args: string[]): Contender[] {
  const name = (runtime: string) => [runtime, ...args].join(" ");
  return [
    {
      name: name("Deno"),
      command: [Deno.execPath(), "run", "--allow-ffi", "--allow-read", HERE + script, ...args],
    },
    ...(BUN ? [{ name: name("Bun"), command: [BUN, HERE + script, ...args] }] : []),
  ];
}

/** Compiles programs into a folder, each once. */
export class Compiler {
  readonly #folder: string;
  readonly #programs = new Map<string, Promise<string | undefined>>();

  /** The folder is the caller's to remove. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A C program; none where no compiler or library is there. */
  async c(source: string, args: readonly string[] = [], ...flags: string[]): Promise<Contender[]> {
    const program = await this.#once(source, () => this.#buildC(source, flags));
    return program === undefined ? [] : [{ name: "C", command: [program, ...args] }];
  }

  /** A Go program with cilium/ebpf; none where no Go is there, or the library cannot be fetched. */
  async go(source: string, args: readonly string[]): Promise<Contender[]> {
    const program = await this.#once(source, () => this.#buildGo(source));
    return program === undefined ? [] : [{ name: "Go", command: [program, ...args] }];
  }

  #once(source: string, build: () => Promise<string | undefined>): Promise<string | undefined> {
    const program = this.#programs.get(source) ?? build();
    this.#programs.set(source, program);
    return program;
  }

  async #buildC(source: string, flags: readonly string[]): Promise<string | undefined> {
    const program = `${this.#folder}/${source.replace(".c", "_c")}`;
    const compiler = findTool("cc");
    if (!compiler) return undefined;
    return await succeeds(compiler, ["-O2", "-o", program, HERE + source, ...flags]) ? program : undefined;
  }

  async #buildGo(source: string): Promise<string | undefined> {
    const go = findTool("go");
    const folder = `${this.#folder}/${source.replace(".go", "_go")}`;
    await Deno.mkdir(folder);
    await Deno.copyFile(HERE + source, `${folder}/main.go`);
    const steps = [["mod", "init", "bench"], ["get", "github.com/cilium/ebpf"], ["build", "-o", "program"]];
    for (const step of steps) {
      if (go && await succeeds(go, step, folder)) continue;
      console.log(`\n${source} is left out: ${go ? `go ${step.join(" ")} fails` : "there is no Go"}`);
      return undefined;
    }
    return `${folder}/program`;
  }
}

async function succeeds(program: string, args: string[], cwd?: string): Promise<boolean> {
  const { success } = await new Deno.Command(program, { args, ...(cwd !== undefined && { cwd }) }).output();
  return success;
}
