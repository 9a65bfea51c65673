/** Starts the program given ten times, and prints how long it took until it had attached, in ms, or its `memory` then, in MB. */
import { attached } from "./attached.ts";

const [what = "", program = "", ...args] = Deno.args;

for (let i = 0; i < 10; i++) {
  await using started = await attached(program, args);
  console.log(what === "memory" ? started.memory : started.time);
}
