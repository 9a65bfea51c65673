/**
 * A kernel that counts the memory of maps and programs against `RLIMIT_MEMLOCK`, as those before Linux 5.11.
 *
 * @module
 */
import { type FakeNative, fakeNative } from "../../ffi/fake.ts";

/** How the kernel and the process are. */
export interface LockedKernel {
  /** As `uname -r` prints it. */
  readonly release: string;
  /** The limits of the process, in bytes. */
  readonly soft: bigint;
  readonly hard: bigint;
  /** What one map or program takes, in bytes. */
  readonly cost: bigint;
  /** Whether the process has `CAP_SYS_RESOURCE`. */
  readonly mayRaise: boolean;
  /** Whether a distribution gave it the code of later ones: with bpf_ktime_get_coarse_ns(), and without the limit. */
  readonly modern?: boolean;
}

/** Such a kernel, with what it saw. */
export interface Locked {
  readonly native: FakeNative;
  /** The new limits that were asked for, soft and hard. */
  readonly raised: (readonly bigint[])[];
  /** The commands of bpf(2) that make something, by their numbers. */
  readonly made: number[];
}

const [MAP_CREATE, PROG_LOAD] = [0, 5];
const RLIMIT_MEMLOCK = 8;
const COARSE_TIME = 160;

/** Makes it. The process has all capabilities, but for that to raise limits. */
export function lockedKernel({ release, soft, hard, cost, mayRaise, modern = false }: LockedKernel): Locked {
  const files: Readonly<Record<string, string>> = {
    "/proc/sys/kernel/osrelease": `${release}\n`,
    "/proc/sys/kernel/version": "#1 SMP\n",
    "/proc/self/status": "CapEff:\t000001fffeffffff\n",
  };
  let limits = [soft, hard] as const;
  let open = new Uint8Array(0);
  const raised: (readonly bigint[])[] = [];
  const made: number[] = [];
  const native = fakeNative(({ name, args, memory }) => {
    const [first = 0, second = 0, third = 0, fourth = 0] = args;
    switch (name) {
      case "openat": {
        const text = files[textAt(memory, second)];
        if (text === undefined) return -2;
        open = new TextEncoder().encode(text);
        return 9;
      }
      case "read": {
        const part = open.subarray(0, Number(third));
        memory(second, part.length).set(part);
        open = open.subarray(part.length);
        return part.length;
      }
      case "prlimit64": {
        if (first !== 0 || second !== RLIMIT_MEMLOCK) return -22;
        if (fourth !== 0) wordsAt(memory(fourth, 16)).forEach((_, i, words) => words[i] = limits[i] ?? 0n);
        if (third === 0) return 0;
        const [newSoft = 0n, newHard = 0n] = wordsAt(memory(third, 16));
        raised.push([newSoft, newHard]);
        if (newHard > limits[1] && !mayRaise || newSoft > newHard) return -1;
        limits = [newSoft, newHard];
        return 0;
      }
      case "bpf": {
        if (first !== MAP_CREATE && first !== PROG_LOAD) return 0;
        if (first === PROG_LOAD && callOf(memory, second) === COARSE_TIME) return modern ? 40 : -22;
        made.push(Number(first));
        return !modern && limits[0] < cost ? -1 : 50;
      }
      default:
        return 0;
    }
  });
  return { native, raised, made };
}

type Memory = (address: number | bigint, size: number) => Uint8Array;

function wordsAt(bytes: Uint8Array): BigUint64Array {
  return new BigUint64Array(bytes.buffer, bytes.byteOffset, 2);
}

/** The helper that the first instruction of a program calls: `union bpf_attr` has their address at 8. */
function callOf(memory: Memory, attr: number | bigint): number | undefined {
  const address = new DataView(memory(attr, 16).slice().buffer).getBigUint64(8, true);
  const [code, , , , ...imm] = memory(address, 8);
  return code === 0x85 ? new DataView(Uint8Array.from(imm).buffer).getUint32(0, true) : undefined;
}

function textAt(memory: Memory, address: number | bigint): string {
  for (let size = 1;; size++) {
    const bytes = memory(address, size);
    if (bytes[size - 1] === 0) return new TextDecoder().decode(bytes.subarray(0, size - 1));
  }
}
