/** Nobody opens files of a name. `deno run --allow-ffi examples/forbidden.ts NAME` (needs a kernel with lsm=bpf) */
import { lsm } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

await example(
  "Nobody opens files of a name.",
  { word: String },
  async ({ signal, word: name = "secrets.txt" }) => {
    using _probe = lsm("file_open", { name }, (c, { name }) => {
      if (c.str(c.args.file.f_path.dentry.d_name.name, 64) === name) return "EPERM";
    });
    console.log(`Nobody opens ${name} until this ends`);
    await ended(signal);
  },
);
