/** Bytes and outside views of BTF that several tests look at. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "../_run.ts";

/** A file of this folder. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(name, import.meta.url)));
}

/** The path of a file of this folder. */
export function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** The kernel's own BTF. */
export function kernelBtf(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(KERNEL_BTF));
}

/** Where the kernel's own BTF is. */
export const KERNEL_BTF = "/sys/kernel/btf/vmlinux";

/** What bpftool, and so libbpf, reads from a file, line by line. */
export function bpftoolLines(file: string, ...options: string[]): string[] {
  return run("bpftool", [...options, "btf", "dump", "file", file, "format", "raw"]).trimEnd().split("\n");
}
