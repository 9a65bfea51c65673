/**
 * Where kernel functions were called from.
 *
 * @module
 */

/** The kernel has no room in its table of stacks: another one is in its place (`EEXIST`). */
const NO_ROOM = -17;

/**
 * A stack: addresses, the innermost first. A `Symbolizer` has their names: `symbolizer.stack(stack)`.
 *
 * @example
 * ```ts ignore
 * import { counter, perfEvent, type StackTrace } from "@waggle/ebpf/trace";
 *
 * using samples = counter<StackTrace>();
 * const clock = { type: "software", event: "cpu-clock", frequency: 99 } as const;
 * using _probe = perfEvent(clock, { samples }, (c, { samples }) => samples.count(c.kstack()));
 * ```
 */
export class StackTrace {
  /** Of the kernel; `undefined` where it is that of a process. */
  readonly kernel: readonly bigint[] | undefined;
  /** Of the process; `undefined` where it is that of the kernel. */
  readonly user: readonly bigint[] | undefined;
  /** The process whose addresses these are. */
  readonly pid: number | undefined;
  /** The number that the kernel gave it; below 0, why there is none. */
  readonly #id: number;

  /** Made by what kernel functions store. */
  constructor(id: number, addresses: readonly bigint[], pid?: number) {
    this.#id = id;
    this.pid = pid;
    this.kernel = pid === undefined ? addresses : undefined;
    this.user = pid === undefined ? undefined : addresses;
  }

  /** The addresses; none where the kernel had no stack, or no room for it. */
  get addresses(): readonly bigint[] {
    return this.kernel ?? this.user ?? [];
  }

  /** Whether there was a stack that found no room in the kernel. */
  get lost(): boolean {
    return this.#id === NO_ROOM;
  }

  /** The number that the kernel gave it. */
  static idOf(stack: StackTrace): number {
    return stack.#id;
  }
}
