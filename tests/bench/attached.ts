/**
 * Programs that trace, and say by a line that begins with "x" that they have attached.
 *
 * @module
 */

/** Starts one, and resolves when it has attached. */
export async function attached(program: string, args: readonly string[]): Promise<Attached> {
  const start = performance.now();
  const child = new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "null" }).spawn();
  let text = "";
  for await (const chunk of child.stdout.values({ preventCancel: true })) {
    text += new TextDecoder().decode(chunk);
    if (/^x/m.test(text)) return new Attached(child, performance.now() - start);
  }
  throw new Error(`${program} ended before it had attached`);
}

/** It runs until it is disposed of. */
export class Attached implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** How long it took from its start, in ms. */
  readonly time: number;

  constructor(child: Deno.ChildProcess, time: number) {
    this.#child = child;
    this.time = time;
  }

  /** How much memory it had at most, in MB: `VmHWM`, which counts mapped files too. */
  get memory(): number {
    const status = Deno.readTextFileSync(`/proc/${this.#child.pid}/status`);
    return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.stdout.cancel();
    await this.#child.status;
  }
}
