/** Opens the arena of an id, prints its first number and doubles it; prints the error where it cannot. */
import { arena, openMap } from "../../src/map/mod.ts";
import process from "node:process";

using memory = openMap({ id: Number(process.argv[2]) }, arena());
try {
  const numbers = new Uint32Array(memory.buffer);
  console.log(`${numbers[0]} at 0x${memory.address.toString(16)}`);
  numbers[0] = 2 * (numbers[0] ?? 0);
} catch (error) {
  console.log(`${error}`);
}
