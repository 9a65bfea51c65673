/**
 * Writes to standard output, in the way that its argument names.
 *
 * @module
 */
import { jsonLine, stderr, stdout } from "../../src/output/mod.ts";
import { trySyscall } from "../../src/sys/mod.ts";

const F_SETFL = 4;
const O_NONBLOCK = 0x800;

const words = "Deno" in globalThis ? Deno.args : globalThis.process.argv.slice(2);
using out = stdout();
using log = stderr();

/** Two megabytes, in lines. */
function flood(): void {
  for (let i = 0; i < 1024; i++) out.print(`${i} ${"ü😀".repeat(340)}`);
}

const WAYS: Readonly<Record<string, () => void | Promise<void>>> = {
  facts: () => void out.print(jsonLine(out.terminal)),
  /** Lines until nobody reads them. */
  async lines() {
    for (let i = 0; out.print(`line ${i}`); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    log.print(`ended: ${out.closed} ${out.print("more")}`);
  },
  /** One line, and then nothing but the wait for the end of the reader. */
  async quiet() {
    out.print("one line");
    const { signal } = out;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    log.print(`ended: ${out.closed}`);
  },
  /** Asks for the signal, and ends by itself. */
  watched: () => void out.print(`aborted: ${out.signal.aborted}`),
  flood,
  nonblocking() {
    trySyscall("fcntl", 1, F_SETFL, O_NONBLOCK);
    flood();
  },
  full() {
    try {
      out.print("text");
    } catch (error) {
      log.print(`${error}`);
    }
  },
};

await WAYS[words[0] ?? ""]?.();
