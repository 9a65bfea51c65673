/**
 * Numbers and struct layouts of the kernel's UAPI, as plain data.
 *
 * @example The number of a type of maps
 * ```ts
 * import { BPF_MAP_TYPE } from "@waggle/ebpf/uapi";
 *
 * BPF_MAP_TYPE.RINGBUF; // 27
 * ```
 *
 * @module
 */
export {
  BPF_ATTACH_TYPE,
  BPF_CMD,
  BPF_ELEMENT_FLAG,
  BPF_LINK_TYPE,
  BPF_MAP_FLAG,
  BPF_MAP_TYPE,
  BPF_PROG_TYPE,
  PERF_COUNT_SW,
  PERF_SAMPLE,
  PERF_TYPE,
} from "./enums.ts";
export * from "./layouts.ts";
export { NEWER_ATTACH_TYPE } from "./newer.ts";
