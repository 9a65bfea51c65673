/**
 * Tests of kernel functions and of what scripts do with maps, without root, on every system: a kernel in memory.
 *
 * @example A counter, tested
 * ```ts
 * import { TestKernel } from "@waggle/ebpf/testing";
 * import { counter, uprobe } from "@waggle/ebpf/trace";
 *
 * const kernel = new TestKernel({ task: { pid: 7, comm: "bash" } });
 * const calls = kernel.use(counter<string>());
 * using probe = uprobe("libc:malloc", { calls }, (c, { calls }) => {
 *   calls.count(c.comm);
 * });
 * kernel.program(probe).run();
 * kernel.task = { pid: 8, comm: "curl" };
 * kernel.program(probe).run();
 * const all = [...calls]; // [["bash", 1], ["curl", 1]]
 * ```
 *
 * @module
 */
export { TestKernel } from "./kernel.ts";
export { TestProgram } from "./program.ts";
export type {
  FailOptions,
  FailureName,
  TestCall,
  TestKernelOptions,
  TestResult,
  TestStruct,
  TestValue,
} from "./types.ts";
