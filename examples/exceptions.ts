/** Counts exceptions that C++ programs throw, by process. `deno run --allow-ffi examples/exceptions.ts` */
import { counter, usdt } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

await example("Counts exceptions that C++ programs throw, by process.", {}, async ({ json, signal }) => {
  using thrown = counter<{ comm: string; pid: number }>();
  // A probe that the library declares itself (USDT): listUsdt("libstdc++.so.6") lists them
  using _probe = usdt("libstdc++.so.6", "libstdcxx:throw", { thrown }, (c, { thrown }) => {
    thrown.count({ comm: c.comm, pid: c.pid });
  });
  if (!json) return await thrown.live({ every: "1s", title: "C++ exceptions", signal });
  await ended(signal);
  for (const [{ comm, pid }, count] of thrown) console.log(JSON.stringify({ comm, pid, count }));
});
