/**
 * BTF, the type information of kernels and BPF objects.
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
