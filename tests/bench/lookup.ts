/** Looks up elements of an array map. Prints ns per lookup of each batch. */
import { array, createMap, u64 } from "../../mod.ts";

const BATCHES = 50;
const LOOKUPS = 20_000;
const ENTRIES = 1024;

using map = createMap(array(u64), { name: "bench", maxEntries: ENTRIES });
let sum = 0n;
for (let batch = 0; batch < BATCHES; batch++) {
  const start = performance.now();
  for (let i = 0; i < LOOKUPS; i++) sum += map.get(i % ENTRIES);
  console.log((performance.now() - start) * 1e6 / LOOKUPS);
}
if (sum !== 0n) throw new Error("a new array is not all zeroes");
