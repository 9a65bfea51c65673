/** Explains an object whose links it made itself, and prints the report. */
import { load } from "../../mod.ts";
import { explain } from "../../src/report/mod.ts";

await using object = await load(new URL("../bpf/silent.bpf.o", import.meta.url), {
  only: ["on_disaster", "on_number"],
});
using _link = object.programs.get("on_disaster").attach();
console.log(JSON.stringify(await explain(object, { for: 20 })));
