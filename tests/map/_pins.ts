/**
 * A folder for pins.
 *
 * @module
 */
import { mkdirSync, rmSync } from "node:fs";
import process from "node:process";

let count = 0;

/** Runs `body` with a folder of the BPF file system that is gone afterwards. */
export function withPins<T>(body: (folder: string) => T): T {
  const folder = `/sys/fs/bpf/waggle-${process.pid}-${count++}`;
  mkdirSync(folder);
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
