/**
 * Measuring how long programs run.
 *
 * @module
 */
import { NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { permissionHint } from "../kernel/mod.ts";
import { enableStats as enable, ERRNO } from "../sys/mod.ts";

/** `BPF_STATS_RUN_TIME` of `enum bpf_stats_type`. */
const RUN_TIME = 0;

/**
 * Lets the kernel count and time the runs of all programs, {@linkcode ProgramInfo.runCount} and
 * {@linkcode ProgramInfo.runTime}, until what it returns is disposed of. Each run costs some 20 ns more meanwhile. Since
 * Linux 5.8.
 *
 * @example How often a program ran in a second
 * ```ts ignore
 * import { enableStats } from "@waggle/ebpf";
 *
 * using _ = enableStats();
 * const before = program.info.runCount;
 * await new Promise((done) => setTimeout(done, 1000));
 * console.log(program.info.runCount - before);
 * ```
 *
 * @throws {PermissionError} The process lacks `CAP_SYS_ADMIN`.
 * @throws {NotSupportedError} The kernel is older.
 */
export function enableStats(): Disposable {
  try {
    return enable(RUN_TIME);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const head = "Cannot enable statistics of programs";
    if (cause.errno === ERRNO.EPERM) {
      const hint = permissionHint("CAP_SYS_ADMIN");
      throw new PermissionError(`${head}: not permitted: ${hint}`, { cause });
    }
    if (cause.errno !== ERRNO.EINVAL) throw cause;
    throw new NotSupportedError(
      `${head}: kernels before Linux 5.8 have a switch for all only: sysctl kernel.bpf_stats_enabled=1`,
      { cause },
    );
  }
}
