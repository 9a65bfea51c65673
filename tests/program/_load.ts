/** Tries to load programs of several types, and prints what comes of it; run as a user without rights. */
import { createMap, hash, loadProgram, u32 } from "../../mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";

for (const type of ["xdp", "socket_filter", "raw_tracepoint"] as const) {
  attempt(type, () => loadProgram({ name: "probe", type, instructions: [mov(r0, 0), exit()] }));
}
attempt("map", () => createMap(hash(u32, u32), { name: "probe", maxEntries: 1 }));

function attempt(what: string, make: () => unknown): void {
  try {
    make();
    console.log(`${what}: loads`);
  } catch (error) {
    const { name, message } = error as Error;
    console.log(`${what}: ${name}: ${message}`);
  }
}
