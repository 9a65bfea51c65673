/**
 * A C program that a stack is recorded of, and what its file says of addresses.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../_run.ts";

/** The name that the BPF program looks for (`comm`). */
const NAME = "waggle_stacks";

/** An executable whose functions are at the addresses that its file says. */
export class Executable implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "waggle-"));
  readonly #path = join(this.#folder, NAME);

  /** Compiles `_stacks.c`. */
  constructor(buildId: "sha1" | "none") {
    const source = fileURLToPath(new URL("_stacks.c", import.meta.url));
    const flags = ["-O0", "-fno-omit-frame-pointer", "-static", "-no-pie", `-Wl,--build-id=${buildId}`];
    run("cc", [...flags, source, "-o", this.#path]);
  }

  /** Runs it to its end. */
  run(): void {
    execFileSync(this.#path);
  }

  /** In hexadecimal digits. */
  get buildId(): string | undefined {
    return /Build ID: ([0-9a-f]+)/.exec(this.#readelf("--notes"))?.[1];
  }

  /** The name of the function that has an address. */
  functionAt(address: bigint): string | undefined {
    const symbol = /^\s*\d+: ([0-9a-f]{16})\s+(\d+) FUNC\s+\w+\s+\w+\s+\d+ (\S+)$/gm;
    for (const [, value = "", size = "", name] of this.#readelf("--symbols").matchAll(symbol)) {
      const start = BigInt(`0x${value}`);
      if (address >= start && address < start + BigInt(size)) return name;
    }
    return undefined;
  }

  /** The address of what is at an offset of the file. */
  addressOf(offset: bigint): bigint | undefined {
    const segment = /^\s*LOAD\s+(0x\w+)\s+(0x\w+)\s+0x\w+\s+(0x\w+)/gm;
    for (
      const [, from = "", address = "", size = ""] of this.#readelf("--program-headers").matchAll(segment)
    ) {
      const distance = offset - BigInt(from);
      if (distance >= 0n && distance < BigInt(size)) return BigInt(address) + distance;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #readelf(option: string): string {
    return run("llvm-readelf", [option, "--wide", this.#path]);
  }
}
