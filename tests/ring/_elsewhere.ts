/**
 * Programs that run at the same time as the test.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../../scripts/_tools.ts";
import type { Program } from "../../src/program/mod.ts";

/** What programs are run with. */
export const PACKET: Uint8Array = new Uint8Array(64);

/** Runs a program in another process, so that it runs at the same time as the test. */
export class Elsewhere implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), "waggle-"));
  readonly #ended: Promise<unknown>;
  running = true;

  constructor(program: Program, repeat: number) {
    const packet = join(this.#folder, "packet");
    writeFileSync(packet, PACKET);
    const args = ["prog", "run", "id", program.info.id, "data_in", packet, "repeat", repeat];
    this.#child = spawn(findTool("bpftool") ?? "", args.map(String), { stdio: "ignore" });
    this.#ended = once(this.#child, "close").then(() => this.running = false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
    rmSync(this.#folder, { recursive: true });
  }
}
