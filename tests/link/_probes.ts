/**
 * A script that attaches a program to `_target.c` by tracefs, says so, and waits to be killed.
 *
 * @module
 */
import process from "node:process";
import { useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { attachUprobe } from "../../src/link/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { withoutPmu } from "./_old_kernel.ts";

const [path = "", pin] = process.argv.slice(2);
using _native = useNative(withoutPmu("uprobe"));
const program = loadProgram({ name: "left", type: "kprobe", instructions: [mov(r0, 0), exit()] });
const link = attachUprobe(program, path, "waggle_first");
if (pin !== undefined) link.pin(pin);
console.log("attached");
await new Promise((resolve) => setTimeout(resolve, 60_000));
