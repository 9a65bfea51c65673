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
import process from "node:process";
import { findTool } from "../../scripts/_tools.ts";
import type { Program } from "../../src/program/mod.ts";

/** What programs are run with. */
export const PACKET: Uint8Array = new Uint8Array(64);

/** How a program is run. */
export interface ElsewhereOptions {
  /** The CPU that it runs on; any unless given. */
  readonly cpu?: number;
  /** Whether it is run so often again and again. */
  readonly forever?: boolean;
}

/** Runs a program in another process, so that it runs at the same time as the test. */
export class Elsewhere implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), "waggle-"));
  readonly #ended: Promise<unknown>;
  running = true;

  constructor(program: Program, repeat: number, { cpu, forever = false }: ElsewhereOptions = {}) {
    const packet = join(this.#folder, "packet");
    writeFileSync(packet, PACKET);
    const run = ["prog", "run", "id", program.info.id, "data_in", packet, "repeat", repeat].map(String);
    const where = cpu === undefined ? [] : ["taskset", "-c", String(cpu)];
    const often = forever ? ["sh", "-c", 'while :; do "$@"; done', "sh"] : [];
    const [command = "", ...args] = [...where, ...often, findTool("bpftool") ?? "", ...run];
    // A group of its own, since a shell has children
    this.#child = spawn(command, args, { stdio: "ignore", detached: true });
    this.#ended = once(this.#child, "close").then(() => this.running = false);
  }

  /** Resolves when it has run. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** Stops the process, or lets it go on; the run under way ends there (`bpf_test_timer_continue`). */
  pause(paused: boolean): void {
    this.#kill(paused ? "SIGSTOP" : "SIGCONT");
  }

  #kill(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    if (this.running && this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill("SIGKILL");
    await this.#ended;
    rmSync(this.#folder, { recursive: true });
  }
}
