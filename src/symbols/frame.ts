/**
 * Frames of stacks with names.
 *
 * @module
 */

/** A place in code, as far as it could be named. */
export interface Frame {
  /** The address; of a place in a file ({@linkcode BuildIdFrame}) the offset in that. */
  readonly address: bigint;
  /**
   * What the code is of: the kernel, a file, what a just-in-time compiler made, or none that is known. Frames of the first
   * two may be without a name.
   */
  readonly kind: "kernel" | "user" | "jit" | "unknown";
  /** The function, demangled unless asked otherwise; `undefined` where it is not known. */
  readonly name: string | undefined;
  /** In bytes: from the start of the function; of a file without a name for it, from the start of the file. */
  readonly offset: number;
  /** The kernel's module (`nf_tables`), or the path of the file as the process has it; `undefined` where there is none. */
  readonly module: string | undefined;
}

/**
 * A frame as text: `tcp_connect+0x10`, `nft_do_chain+0x3f [nf_tables]`, `main+0x29 (/usr/bin/example)`,
 * `[unknown] (/usr/lib/liba.so+0x1139)`, `[unknown] 0x7f1200001000`.
 *
 * ```ts
 * import { formatFrame } from "@waggle/ebpf/symbols";
 *
 * const frame = { address: 0x401152n, kind: "user", name: "main", offset: 0x29, module: "/bin/a" } as const;
 * formatFrame(frame); // "main+0x29 (/bin/a)"
 * ```
 */
export function formatFrame({ address, kind, name, offset, module }: Frame): string {
  const distance = `+0x${offset.toString(16)}`;
  if (name === undefined) {
    return module === undefined ? `[unknown] 0x${address.toString(16)}` : `[unknown] (${module}${distance})`;
  }
  if (module === undefined) return name + distance;
  return `${name}${distance} ${kind === "kernel" ? `[${module}]` : `(${module})`}`;
}
