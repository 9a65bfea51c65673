/**
 * A program of C whose functions probes are attached to.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "../_run.ts";

/** A function of `_target.c`, or `faults` for page faults. */
export type TargetFunction = "first" | "second" | "hidden" | "weak" | "faults";

/** How the program ended. */
export interface TargetRun {
  readonly pid: number;
  /** What the counter in its memory was. */
  readonly semaphore: number;
}

const folder = mkdtempSync(join(tmpdir(), "waggle-target-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const paths = new Map<string, string>();

/** The path of the program, compiled with these flags; the same in every test of a process. */
export function target(...flags: readonly string[]): string {
  const key = flags.join(" ");
  const known = paths.get(key);
  if (known !== undefined) return known;
  const path = join(folder, `target${paths.size}`);
  run("cc", ["-O1", ...flags, "-o", path, fileURLToPath(new URL("_target.c", import.meta.url))]);
  paths.set(key, path);
  return path;
}

/** Calls a function of the program so many times, in a process of its own; on one CPU where wanted. */
export function call(path: string, name: TargetFunction, times: number, cpu?: number): TargetRun {
  const args = [name, `${times}`, ...(cpu === undefined ? [] : [`${cpu}`])];
  const { pid, stdout, status, stderr, error } = spawnSync(path, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run "${path}": ${error ?? stderr}`);
  return { pid, semaphore: Number(stdout) };
}

/** Where a symbol is in the file, by the addresses of nm and the segments of readelf. */
export function offsetIn(path: string, symbol: string, ...flags: readonly string[]): number {
  const line = run("nm", [...flags, path]).split("\n").find((one) => one.split(/[ @]/)[2] === symbol) ?? "";
  const address = Number.parseInt(line, 16);
  for (const [, , ...fields] of run("readelf", ["-lW", path]).matchAll(SEGMENT)) {
    const [offset = 0, start = 0, size = 0] = fields.map(Number);
    if (address >= start && address < start + size) return address - start + offset;
  }
  throw new Error(`Cannot find "${symbol}" of "${path}"`);
}

/** Offset, virtual address, physical address, size in the file. */
const SEGMENT = /^ *(LOAD) +(0x[0-9a-f]+) (0x[0-9a-f]+) 0x[0-9a-f]+ (0x[0-9a-f]+)/gm;

/** The events of tracefs that are of a process, this one by default. */
export function readEvents(kind: "uprobe" | "kprobe", pid: number | undefined = process.pid): string {
  const text = readFileSync(`/sys/kernel/tracing/${kind}_events`, "utf8");
  return text.split("\n").filter((line) => line.includes(`waggle_${pid}_`)).join("\n");
}
