/**
 * A program of C with probes of its own (USDT).
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "../_run.ts";

/** What `_usdt_target.c` is compiled to. */
export interface UsdtTarget {
  /** The program to run. */
  readonly program: string;
  /** The file with the probes. */
  readonly file: string;
}

/** How the program ended. */
export interface UsdtRun {
  readonly pid: number;
  /** What the counter of `waggle:guarded` was. */
  readonly semaphore: number;
  /** The pointer that `waggle:widths` has as an argument. */
  readonly pointer: bigint;
}

const folder = mkdtempSync(join(tmpdir(), "waggle-usdt-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const targets = new Map<string, UsdtTarget>();
const SOURCE = fileURLToPath(new URL("_usdt_target.c", import.meta.url));
const MAIN = fileURLToPath(new URL("_usdt_main.c", import.meta.url));

/** The program, compiled with these flags; with `-shared` its probes are in a library. */
export function usdtTarget(...flags: readonly string[]): UsdtTarget {
  const key = flags.join(" ");
  const known = targets.get(key);
  if (known) return known;
  const path = join(folder, `usdt${targets.size}`);
  const made = flags.includes("-shared") ? library(path, flags) : { program: path, file: path };
  if (made.program === made.file) run("cc", ["-O1", ...flags, "-o", path, SOURCE]);
  targets.set(key, made);
  return made;
}

function library(program: string, flags: readonly string[]): UsdtTarget {
  const file = `${program}.so`;
  run("cc", ["-O1", "-fPIC", "-DLIBRARY", ...flags, "-o", file, SOURCE]);
  run("cc", ["-o", program, MAIN, file, `-Wl,-rpath,${dirname(file)}`]);
  return { program, file };
}

/** Hits a probe in a process of its own. */
export function hit(
  { program }: UsdtTarget,
  probe: string,
  ...values: readonly (number | bigint)[]
): UsdtRun {
  const { pid, stdout, status, stderr, error } = spawnSync(program, [probe, ...values.map(String)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Cannot run "${program}": ${error ?? stderr}`);
  const [semaphore = "", pointer = ""] = stdout.trim().split(" ");
  return { pid, semaphore: Number(semaphore), pointer: BigInt(pointer) };
}

/** A note as readelf prints it. */
export interface PrintedNote {
  readonly provider: string;
  readonly name: string;
  readonly location: number;
  readonly semaphore: number;
  readonly arguments: string;
}

/** The notes of a file, as readelf of binutils has them. */
export function printedNotes(file: string): PrintedNote[] {
  return [...run("readelf", ["-nW", file]).matchAll(NOTE)].map((
    [, provider = "", name = "", location, semaphore, text = ""],
  ) => ({
    provider,
    name,
    location: Number(location),
    semaphore: Number(semaphore),
    arguments: text.trim(),
  }));
}

const NOTE =
  /Provider: (.*)\n\s*Name: (.*)\n\s*Location: (0x[0-9a-f]+), Base: 0x[0-9a-f]+, Semaphore: (0x[0-9a-f]+)\n\s*Arguments:(.*)/g;

/** From addresses to offsets in the file, by the segments that readelf prints. */
export function offsetsIn(file: string): (address: number) => number {
  const segments = [...run("readelf", ["-lW", file]).matchAll(SEGMENT)].map(([, ...fields]) =>
    fields.map(Number)
  );
  return (address) => {
    const found = segments.find(([, start = 0, size = 0]) => address >= start && address < start + size);
    if (!found) throw new Error(`Cannot find address ${address} of "${file}"`);
    const [offset = 0, start = 0] = found;
    return address - start + offset;
  };
}

/** Offset, virtual address, physical address, size in the file. */
const SEGMENT = /^ *LOAD +(0x[0-9a-f]+) (0x[0-9a-f]+) 0x[0-9a-f]+ (0x[0-9a-f]+)/gm;
