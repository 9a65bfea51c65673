/**
 * BPF programs without a kernel: a virtual machine for tests.
 *
 * @example A test of a program that counts
 * ```ts
 * import { atomicAdd, call, exit, jeq, label, ldMap, mov, r0, r1, r10, r2, st } from "@waggle/ebpf/asm";
 * import { add } from "@waggle/ebpf/asm";
 * import { Vm } from "@waggle/ebpf/vm";
 *
 * const vm = new Vm({
 *   type: "xdp",
 *   maps: { calls: { type: 2, keySize: 4, valueSize: 8, maxEntries: 1 } }, // BPF_MAP_TYPE_ARRAY
 *   instructions: [
 *     st("u32", [r10, -4], 0),
 *     mov(r2, r10),
 *     add(r2, -4),
 *     ldMap(r1, "calls"),
 *     call("bpf_map_lookup_elem"),
 *     jeq(r0, 0, "out"),
 *     mov(r1, 1),
 *     atomicAdd("u64", [r0, 0], r1),
 *     label("out", mov(r0, 2)), // XDP_PASS
 *     exit(),
 *   ],
 * });
 * vm.run({ data: new Uint8Array(64) });
 * const calls = vm.maps["calls"]?.get(0); // 01 00 00 00 00 00 00 00
 * const report: string = vm.coverage.toString();
 * ```
 *
 * @module
 */

// The machine
export { Vm } from "./vm.ts";
export type { VmHelper, VmOptions, VmProgramType, VmRunOptions, VmRunResult } from "./types.ts";
export type { VmIntercept, VmRedirect, VmTask, VmVariable } from "./types.ts";

// From an object file
export { vmOf } from "./vm_of.ts";
export type { VmObject, VmObjectMap, VmObjectProgram, VmOfOptions } from "./vm_of.ts";

// Maps
export { VmMap } from "./map.ts";
export type { VmBytes, VmMapSpec, VmSetOptions } from "./map.ts";
export { VmMapCommands } from "./map_commands.ts";

// Coverage
export { Coverage } from "./coverage.ts";
export type { CoveredFunction, CoveredLine, CoveredProgram } from "./coverage.ts";
