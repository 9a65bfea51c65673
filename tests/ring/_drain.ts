/**
 * A script that waits in `drain()` for records that never come, until a signal that it handles.
 *
 * @module
 */
import process from "node:process";
import { createMap } from "../../src/map/mod.ts";
import { ring } from "../../src/ring/mod.ts";

if (import.meta.main) {
  using events = createMap(ring(), { maxEntries: 4096 });
  process.on("SIGUSR1", () => console.log("told"));
  console.log("waits");
  console.log(events.drain(() => {}, { timeout: Infinity }), "records");
  await new Promise((resolve) => setTimeout(resolve, 10_000));
}
