/**
 * Starts the program given, starts processes until it prints an event, and prints how long that took, in ms.
 *
 * Lines that are not events (headers, bpftrace's "Attaching 1 probe") do not begin with a digit or a brace.
 */
const [program = "", ...args] = Deno.args;

for (let i = 0; i < 10; i++) console.log(await once());

async function once(): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command(program, { args, stdout: "piped", stderr: "null" }).spawn();
  let done = false;
  const first = firstEvent(child.stdout).finally(() => (done = true));
  while (!done) {
    new Deno.Command("/bin/true").outputSync();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const time = await first - start;
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
