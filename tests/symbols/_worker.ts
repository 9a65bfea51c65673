/**
 * A C program at work, and what others say of its functions.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../_run.ts";

/** How `_work.c` is compiled. */
export type Kind = "static" | "pie" | "library";

const FLAGS: Readonly<Record<Kind, readonly string[]>> = {
  static: ["-static", "-no-pie"],
  pie: ["-pie", "-fPIE"],
  library: ["-pie", "-fPIE", "-DWITH_LIBRARY"],
};

/** A folder with the program, removed when it is disposed of. */
export class Build implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "waggle-symbols-"));
  readonly program: string = join(this.folder, "work");
  readonly library: string = join(this.folder, "libwork.so");

  /** Compiles it. */
  constructor(kind: Kind, ...flags: readonly string[]) {
    const common = ["-O1", "-fno-omit-frame-pointer", ...flags];
    const isWithLibrary = kind === "library";
    if (isWithLibrary) run("cc", [...common, "-shared", "-fPIC", source("_library.c"), "-o", this.library]);
    const links = isWithLibrary ? [this.library, `-Wl,-rpath,${this.folder}`] : [];
    run("cc", [...common, ...FLAGS[kind], source("_work.c"), ...links, "-o", this.program]);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function source(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A function as nm(1) has it. */
export interface Known {
  readonly name: string;
  readonly address: number;
  readonly size: number;
}

/** The functions of a file with a size, by nm. */
export function functionsByNm(path: string, ...flags: readonly string[]): Known[] {
  const lines = run("nm", ["-S", "--defined-only", ...flags, path]).split("\n");
  return lines.map((line) => /^([\da-f]+) ([\da-f]+) [tTwWi] ([^@\n]+)/.exec(line)).filter((one) =>
    one !== null
  )
    .map(([, address = "", size = "", name = ""]) => ({
      address: Number.parseInt(address, 16),
      size: Number.parseInt(size, 16),
      name,
    }));
}

/** The names of the functions that an address of a file is in. */
export function namesAt(functions: readonly Known[], address: number): string[] {
  return functions.filter((one) => address >= one.address && address < one.address + one.size).map((
    { name },
  ) => name);
}

/** The program at work. */
export class Worker implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  /** Where it says its functions are. */
  readonly addresses: ReadonlyMap<string, bigint>;

  private constructor(process: ChildProcessWithoutNullStreams, addresses: ReadonlyMap<string, bigint>) {
    this.#process = process;
    this.addresses = addresses;
  }

  /** Starts it and waits until it works. */
  static async start(program: string): Promise<Worker> {
    const process = spawn(program, { stdio: "pipe" });
    let text = "";
    for await (const chunk of process.stdout) {
      text += chunk;
      if (/^(library_work|main) .*\n$/m.test(text) && text.endsWith("\n")) break;
    }
    const lines = text.trim().split("\n").map((line) => line.split(" "));
    return new Worker(process, new Map(lines.map(([name = "", address = ""]) => [name, BigInt(address)])));
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** Where a function is. */
  address(name: string): bigint {
    const address = this.addresses.get(name);
    if (address === undefined) throw new Error(`The program does not say where "${name}" is`);
    return address;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const end = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await end;
  }
}
