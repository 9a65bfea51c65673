/**
 * Indexes the kernel's types and finds a struct. Prints ms: of the first time in the process, or with `again` of each
 * later one. With `stay` it prints a line once it is done, and waits.
 */
import { parseBtf } from "../../src/btf/mod.ts";
import { kernelBtf } from "../../src/kernel/mod.ts";
import { pageSize } from "../../src/sys/mod.ts";

const TIMES = 20;

pageSize(); // so that libc is open, which the start of a process to its first event has in it
const start = performance.now();
let btf = kernelBtf();
if (btf.find("task_struct", "struct") === undefined) throw new Error("no task_struct");
const first = performance.now() - start;
if (globalThis.process.argv.includes("again")) {
  for (let i = 0; i < TIMES; i++) {
    const start = performance.now();
    // The mapping is made once a process; what is made again is the index.
    btf = parseBtf(btf.bytes);
    btf.find("task_struct", "struct");
    console.log(performance.now() - start);
  }
} else {
  console.log(first);
  if (globalThis.process.argv.includes("stay")) await new Promise((resolve) => setTimeout(resolve, 60_000));
}
