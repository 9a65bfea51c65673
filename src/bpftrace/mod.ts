/**
 * Scripts of bpftrace, run by this process alone: no bpftrace, no compiler, no headers.
 *
 * ```ts ignore
 * import { bpftrace } from "@waggle/ebpf/bpftrace";
 *
 * using opens = bpftrace`tracepoint:syscalls:sys_enter_openat { printf("%s %s\n", comm, str(args->filename)); }`;
 * for await (const line of opens) console.log(line);
 * ```
 *
 * @module
 */
export { bpftrace, script } from "./tag.ts";
export { dryRun } from "./dry_run.ts";
export { type OutputOptions, Script } from "./script.ts";
export type { ScriptOptions } from "./options.ts";
export type { OutputFormat, RunCommand } from "./doer.ts";
export { type Collected, ScriptMap, type ScriptValue, type Statistics } from "./script_map.ts";
