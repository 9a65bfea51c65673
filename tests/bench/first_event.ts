/**
 * Starts the program given while another process starts every 2 ms, and prints how long it took to its first event, in ms.
 *
 * Lines that are not events (headers, bpftrace's "Attaching 1 probe") do not begin with a digit or a brace.
 */
const [program = "", ...args] = Deno.args;

const events = new Deno.Command("/bin/sh", { args: ["-c", "while :; do sleep 0.001; done"] }).spawn();
try {
  for (let i = 0; i < 10; i++) console.log(await once());
} finally {
  events.kill("SIGKILL");
  await events.status;
}

async function once(): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command(program, { args, stdout: "piped", stderr: "null" }).spawn();
  const time = await firstEvent(child.stdout) - start;
  child.kill("SIGKILL");
  await child.status;
  return time;
}

async function firstEvent(stream: ReadableStream<Uint8Array>): Promise<number> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (/^[{\d].*\n/m.test(text)) return performance.now();
  }
  throw new Error(`${program} ended without an event`);
}
