/** System calls and forks for Prometheus. `deno run --allow-ffi --allow-net examples/metrics.ts [--port 9435]` */
import { createServer } from "node:http";
import { counter, rawTracepoint, tracepoint } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

await example("System calls and forks for Prometheus.", { port: Number }, async ({ signal, port = 9435 }) => {
  using calls = counter<string>();
  using forks = counter();
  using _calls = tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => calls.count(c.comm));
  using _forks = rawTracepoint("sched_process_fork", { forks }, (_, { forks }) => forks.count());
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end([
      "# TYPE syscalls_total counter",
      ...[...calls].map(([comm, count]) => `syscalls_total{comm=${JSON.stringify(comm)}} ${count}`),
      "# TYPE forks_total counter",
      `forks_total ${forks.total}`,
      "",
    ].join("\n"));
  }).listen(port, "127.0.0.1");
  await ended(signal);
  server.close();
  server.closeAllConnections();
});
