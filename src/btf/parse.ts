import { Btf } from "./btf.ts";

/** Options of {@linkcode parseBtf}. */
export interface ParseBtfOptions {
  /** What split BTF adds to: the kernel's types for those of a module. */
  readonly base?: Btf;
}

/**
 * Parses BTF: the file `/sys/kernel/btf/vmlinux`, the section `.BTF` of an object, or what the kernel gives for
 * a loaded one. Either byte order will do.
 *
 * Only an index of where the types start is made here. The bytes are used where they are: they may be a memory
 * mapping, and must not change.
 *
 * @throws {BtfError} The bytes are malformed, or have kinds of types that this version does not know. Records
 * are checked in full only when they are read.
 *
 * @example
 * ```ts
 * import { parseBtf } from "@waggle/ebpf/btf";
 *
 * declare const bytes: Uint8Array;
 * const structs: string[] = [];
 * for (const type of parseBtf(bytes).types()) {
 *   if (type.kind === "struct") structs.push(`${type.name}, ${type.size} bytes`);
 * }
 * ```
 */
export function parseBtf(bytes: Uint8Array, options: ParseBtfOptions = {}): Btf {
  return new Btf(bytes, options.base);
}
