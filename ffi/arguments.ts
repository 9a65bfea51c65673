/**
 * What a script was started with.
 *
 * @module
 */
import { denoArguments } from "./deno.ts";

/**
 * The arguments of the command line after the name of the script, in both runtimes. Unlike `node:process`, which does that too
 * and takes Deno 20 ms to load, it takes no time.
 *
 * @example
 * ```ts
 * import { scriptArguments } from "@waggle/ebpf/sys";
 *
 * const [name = "nobody"] = scriptArguments();
 * console.log(`hello, ${name}`);
 * ```
 */
export function scriptArguments(): readonly string[] {
  const given = denoArguments();
  if (given) return given;
  const { process } = globalThis as typeof globalThis & { process: { readonly argv: readonly string[] } };
  return process.argv.slice(2);
}
