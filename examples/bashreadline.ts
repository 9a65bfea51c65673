/** Prints what is typed into bash. `deno run --allow-ffi examples/bashreadline.ts [PROGRAM]` */
import { uretprobe } from "../src/trace/mod.ts";
import { example, printEvents } from "./_example.ts";

await example("Prints what is typed into bash.", { word: String }, async (options) => {
  const { word: program = "/bin/bash" } = options;
  using lines = uretprobe(`${program}:readline`, (c) => {
    if (c.retval === 0) return; // the end of the input
    return { pid: c.pid, uid: c.uid, line: c.ustr(c.retval, 256) };
  });
  await printEvents(lines, [
    { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
    { header: "UID", value: ({ uid }) => uid, width: 6, align: "right" },
    { header: "LINE", value: ({ line }) => line },
  ], options);
});
