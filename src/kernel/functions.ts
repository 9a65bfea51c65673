/**
 * Functions of the running kernel.
 *
 * @module
 */
import { readFile } from "../sys/mod.ts";

/** The names of all functions of the kernel and its modules, from `/proc/kallsyms`; some of them several times. */
export function* kernelFunctions(): Generator<string> {
  const text = new TextDecoder("latin1").decode(readFile("/proc/kallsyms"));
  // "ffffffff81000000 T name", and "\t[module]" after the names of modules
  for (const [, name = ""] of text.matchAll(/^[\da-f]+ [tTwW] ([^\t\n]+)/gm)) yield name;
}
