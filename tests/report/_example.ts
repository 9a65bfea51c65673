/** An example whose program waits for what does not happen; with `--json`, one that sends a record by itself. */
import { load, ring } from "../../mod.ts";
import { example, explainSilence } from "../../examples/_example.ts";

await example("Waits in vain.", {}, async ({ json, signal }) => {
  await using object = await load(new URL("../bpf/silent.bpf.o", import.meta.url), {
    only: ["on_disaster", "on_number"],
  });
  using _link = object.programs.get("on_disaster").attach();
  await using _silence = explainSilence(object, signal);
  const context = new Uint8Array(8);
  if (json) object.programs.get("on_number").run({ context });
  for await (const event of object.maps.get("events", ring()).events({ signal })) console.log(event.length);
});
