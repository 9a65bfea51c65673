/**
 * What a program is loaded with beside its instructions: flags, and what the verifier shall log.
 *
 * @module
 */

/**
 * A flag of a new program as the kernel names it, in lower case and without `BPF_F_`:
 *
 * - `sleepable`: may call what sleeps; for programs of type `syscall`, iterators, some fentry and LSM hooks. Since Linux
 *   5.10.
 * - `xdp_has_frags`: takes packets of several buffers. Since Linux 5.18.
 * - `xdp_dev_bound_only`: reads metadata of one device. Since Linux 6.3.
 * - `strict_alignment`, `any_alignment`: what the verifier says of unaligned access. Since Linux 4.12 and 5.0.
 * - `test_rnd_hi32`, `test_state_freq`, `test_reg_invariants`: make the verifier work harder, to test it. Since Linux
 *   5.3, 5.4 and 6.8.
 */
export type ProgramFlag =
  | "strict_alignment"
  | "any_alignment"
  | "test_rnd_hi32"
  | "test_state_freq"
  | "sleepable"
  | "xdp_has_frags"
  | "xdp_dev_bound_only"
  | "test_reg_invariants";

/** Flags of `BPF_PROG_LOAD` (`BPF_F_…` of include/uapi/linux/bpf.h), and the version of Linux that brought each. */
const FLAGS: Readonly<Record<ProgramFlag, { readonly bit: number; readonly since: string }>> = {
  strict_alignment: { bit: 1, since: "4.12" },
  any_alignment: { bit: 2, since: "5.0" },
  test_rnd_hi32: { bit: 4, since: "5.3" },
  test_state_freq: { bit: 8, since: "5.4" },
  sleepable: { bit: 16, since: "5.10" },
  xdp_has_frags: { bit: 32, since: "5.18" },
  xdp_dev_bound_only: { bit: 64, since: "6.3" },
  test_reg_invariants: { bit: 128, since: "6.8" },
};

/**
 * The number of some flags.
 *
 * @throws {TypeError} There is no such flag.
 */
export function programFlags(names: readonly ProgramFlag[]): number {
  return names.reduce((flags, name) => {
    if (Object.hasOwn(FLAGS, name)) return flags | FLAGS[name].bit;
    throw new TypeError(
      `Cannot load a program with flag "${name}": there are ${Object.keys(FLAGS).join(", ")}`,
    );
  }, 0);
}

/** The flags in a number, each with its version: `sleepable (Linux 5.10)`. */
export function describeFlags(flags: number): string[] {
  return Object.entries(FLAGS).filter(([, { bit }]) => (flags & bit) !== 0)
    .map(([name, { since }]) => `${name} (Linux ${since})`);
}

/**
 * What the verifier logs: `branch` the path that it took last, `instruction` all of them with the state at each
 * instruction, `stats` how much work it had, since Linux 5.2.
 */
export type LogLevel = "branch" | "instruction" | "stats";

/** Bits of `log_level`: `BPF_LOG_LEVEL1`, `BPF_LOG_LEVEL2` and `BPF_LOG_STATS` of include/linux/bpf_verifier.h. */
const LOG_LEVELS: Readonly<Record<LogLevel, number>> = { branch: 1, instruction: 2, stats: 4 };

/**
 * The number of some levels.
 *
 * @throws {TypeError} There is no such level.
 */
export function logLevel(names: readonly LogLevel[]): number {
  return names.reduce((level, name) => {
    if (Object.hasOwn(LOG_LEVELS, name)) return level | LOG_LEVELS[name];
    throw new TypeError(
      `Cannot log "${name}" of a program: there are ${Object.keys(LOG_LEVELS).join(", ")}`,
    );
  }, 0);
}
