/**
 * bpftrace on the same traffic.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { findTool } from "../../scripts/_tools.ts";

/** What a map of bpftrace has for a key, as its JSON says it. */
export type Found = Readonly<Record<string, unknown>>;

/** Runs a bpftrace program while something happens; its maps at the end, by name. */
export async function bpftrace(program: string, traffic: () => void | Promise<void>): Promise<Found> {
  const path = findTool("bpftrace") ?? "";
  const child = spawn(path, ["-f", "json", "-e", program], { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => complaints += text);
  const maps: Record<string, unknown> = {};
  let rest = "";
  let started = () => {};
  const attached = new Promise<void>((resolve) => started = resolve);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") continue;
      const { type, data } = JSON.parse(line);
      if (type === "attached_probes") started();
      else if (type !== "lost_events") Object.assign(maps, data);
    }
  });
  const end = once(child, "close");
  await Promise.race([attached, end]);
  // What is attached is said before it is
  await new Promise((resolve) => setTimeout(resolve, 500));
  await traffic();
  child.kill("SIGINT");
  await end;
  if (Object.keys(maps).length === 0) throw new Error(`bpftrace found nothing: ${complaints}`);
  return maps;
}
