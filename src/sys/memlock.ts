/**
 * The limit of memory that a process may lock: prlimit(2) of `RLIMIT_MEMLOCK`.
 *
 * @module
 */
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { checked, trySyscall } from "./call.ts";

/** `include/uapi/asm-generic/resource.h`. */
const RLIMIT_MEMLOCK = 8;
const RLIM64_INFINITY = 0xffff_ffff_ffff_ffffn;

/** `struct rlimit64`, in bytes. */
interface Limits {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** The limit that counts, in bytes; `undefined` where there is none. */
export function memlockLimit(): bigint | undefined {
  const { soft } = limits();
  return soft === RLIM64_INFINITY ? undefined : soft;
}

/**
 * Takes the limit away, or without `CAP_SYS_RESOURCE` raises it as far as it goes. Returns whether it is higher than before.
 */
export function raiseMemlock(): boolean {
  const { soft, hard } = limits();
  if (soft === RLIM64_INFINITY) return false;
  return trySet({ soft: RLIM64_INFINITY, hard: RLIM64_INFINITY }) ||
    soft < hard && trySet({ soft: hard, hard });
}

function limits(): Limits {
  const memory = allocate(16);
  const result = trySyscall("prlimit64", 0, RLIMIT_MEMLOCK, 0, addressOf(memory));
  keepAlive(memory);
  checked(result, "prlimit64", "read RLIMIT_MEMLOCK");
  const [soft = 0n, hard = 0n] = new BigUint64Array(memory.buffer);
  return { soft, hard };
}

function trySet({ soft, hard }: Limits): boolean {
  const memory = allocate(16);
  new BigUint64Array(memory.buffer).set([soft, hard]);
  const result = trySyscall("prlimit64", 0, RLIMIT_MEMLOCK, addressOf(memory), 0);
  keepAlive(memory);
  return result === 0;
}
