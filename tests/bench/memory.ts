/**
 * Prints by how much the peak memory of a script is above that of one that does nothing, in MB, in the runtime given.
 *
 * Both print a line and wait; what the kernel says of them (`VmHWM`) counts mapped files too, as the kernel's types.
 */
const [script = "", program = "", ...args] = Deno.args;
const EMPTY = new URL("empty.ts", import.meta.url).pathname;

for (let i = 0; i < 5; i++) console.log(await peak([script, "stay"]) - await peak([EMPTY]));

async function peak(command: readonly string[]): Promise<number> {
  const child = new Deno.Command(program, { args: [...args, ...command], stdout: "piped", stderr: "null" })
    .spawn();
  const { done } = await child.stdout.getReader().read();
  if (done) throw new Error(`${program} ended`);
  const status = await Deno.readTextFile(`/proc/${child.pid}/status`);
  child.kill("SIGKILL");
  await child.status;
  return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1]) / 1024;
}
