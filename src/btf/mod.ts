/**
 * BTF, the type information of kernels and BPF objects.
 *
 * @example The size of a struct of the kernel, and its declaration in C
 * ```ts ignore
 * import { formatC, parseBtf } from "@waggle/ebpf/btf";
 *
 * const btf = parseBtf(Deno.readFileSync("/sys/kernel/btf/vmlinux"));
 * const type = btf.find("path", "struct");
 * if (type) console.log(type.size, formatC(btf, [type.id]));
 * ```
 *
 * @module
 */

// Reading, walking, making and changing types
export * from "./core.ts";

// Merging
export { dedupBtf } from "./dedup.ts";
export type { DedupResult } from "./dedup.ts";
export { mergeBtf } from "./merge.ts";
export type { MergeResult } from "./merge.ts";
export { relocateSplit } from "./relocate_split.ts";

// As text
export { formatC } from "./format_c.ts";
export { formatValue } from "./format_value.ts";
