/** Helpers that ask for what is around a program: time, chance, the CPU, the task, memory. */
import type { Engine } from "./_engine.ts";
import type { Native, Natives } from "./_native.ts";
import { ERRNO } from "./_store.ts";

/** `TASK_COMM_LEN`. */
const COMM_SIZE = 16;

const now: Native = [0, (engine) => engine.clock()];
const taskAddress: Native = [0, (engine) => engine.task.address ?? 0n];

/** Reads memory of the kernel or a process, which here is one; zeroes where there is none. */
const probeRead: Native = [3, (engine) => {
  const size = engine.low[2]! >>> 0;
  const into = engine.bytes(1, size, true);
  if (size === 0) return 0;
  if (!engine.memory.has(engine.high[3]!, engine.low[3]!, size, false)) {
    into.fill(0);
    return -ERRNO.EFAULT;
  }
  into.set(engine.bytes(3, size));
  return 0;
}];

/** The same up to a NUL, which is always there in the end. */
const probeReadText: Native = [3, (engine) => {
  const size = engine.low[2]! >>> 0;
  const into = engine.bytes(1, size, true);
  if (size === 0) return 0;
  const [high, low] = [engine.high[3]!, engine.low[3]!];
  if (!engine.memory.has(high, low, 1, false)) {
    into.fill(0);
    return -ERRNO.EFAULT;
  }
  const { bytes, end } = engine.memory.locate(high, low, 1, false);
  const from = bytes.subarray(low >>> 0, Math.min(end, (low >>> 0) + size - 1));
  const nul = from.indexOf(0);
  const length = nul < 0 ? from.length : nul;
  into.set(from.subarray(0, length));
  into[length] = 0;
  return length + 1;
}];

function strncmp(engine: Engine): number {
  const size = engine.low[2]! >>> 0;
  const first = engine.bytes(1, size);
  const second = engine.region(3, 1);
  for (let at = 0; at < size; at++) {
    const other = second.bytes[(engine.low[3]! >>> 0) + at] ?? 0;
    const byte = first[at]!;
    if (byte !== other) return byte < other ? -1 : 1;
    if (byte === 0) break;
  }
  return 0;
}

function comm(engine: Engine): number {
  const into = engine.bytes(1, engine.low[2]! >>> 0, true);
  const text = new TextEncoder().encode(engine.task.comm ?? "").subarray(0, COMM_SIZE - 1);
  into.fill(0);
  into.set(text.subarray(0, Math.max(into.length - 1, 0)));
  return 0;
}

/** How many arguments a traced function has: what the context holds, 8 bytes each. */
function argumentCount(engine: Engine): number {
  return engine.scene.context.bytes.length >> 3;
}

function argument(engine: Engine, index: number, register: number): number {
  if (index >= argumentCount(engine)) return -ERRNO.EINVAL;
  const { bytes } = engine.scene.context;
  engine.bytes(register, 8, true).set(bytes.subarray(index * 8, index * 8 + 8));
  return 0;
}

/** The state of `bpf_iter_num`: the number at hand, and where it ends. */
function iterator(engine: Engine): DataView {
  const bytes = engine.bytes(1, 8, true);
  return new DataView(bytes.buffer, bytes.byteOffset, 8);
}

/** The helpers of this file, and kernel functions. */
export const WORLD_HELPERS: Natives = {
  bpf_ktime_get_ns: now,
  bpf_ktime_get_boot_ns: now,
  bpf_ktime_get_coarse_ns: now,
  bpf_ktime_get_tai_ns: now,
  bpf_get_prandom_u32: [0, (engine) => engine.random() >>> 0],
  bpf_get_smp_processor_id: [0, (engine) => engine.cpu],
  bpf_get_numa_node_id: [0, () => 0],
  bpf_get_attach_cookie: [1, (engine) => engine.cookie],
  bpf_get_current_pid_tgid: [
    0,
    ({ task: { pid, tid = pid } }) => BigInt(pid) << 32n | BigInt(tid),
  ],
  bpf_get_current_uid_gid: [0, ({ task: { uid = 0, gid = 0 } }) => BigInt(gid) << 32n | BigInt(uid)],
  bpf_get_current_comm: [2, comm],
  bpf_get_current_task: taskAddress,
  bpf_get_current_task_btf: taskAddress,
  bpf_get_current_cgroup_id: [0, (engine) => engine.task.cgroup ?? 1n],
  bpf_probe_read: probeRead,
  bpf_probe_read_kernel: probeRead,
  bpf_probe_read_user: probeRead,
  bpf_copy_from_user: probeRead,
  bpf_probe_read_str: probeReadText,
  bpf_probe_read_kernel_str: probeReadText,
  bpf_probe_read_user_str: probeReadText,
  bpf_strncmp: [3, strncmp],
  bpf_get_func_arg: [3, (engine) => argument(engine, engine.low[2]! >>> 0, 3)],
  bpf_get_func_ret: [2, (engine) => argument(engine, argumentCount(engine) - 1, 2)],
  bpf_get_func_arg_cnt: [1, argumentCount],
  bpf_rcu_read_lock: [0, () => 0],
  bpf_rcu_read_unlock: [0, () => 0],
  bpf_iter_num_new: [3, (engine) => {
    const [start, end] = [engine.low[2]!, engine.low[3]!];
    const state = iterator(engine);
    const refused = start > end ? -ERRNO.EINVAL : end - start > 8 * 1024 * 1024 ? -ERRNO.E2BIG : 0;
    state.setInt32(0, refused === 0 ? start - 1 : 0, true);
    state.setInt32(4, refused === 0 ? end : 0, true);
    return refused;
  }],
  bpf_iter_num_next: [1, (engine) => {
    const state = iterator(engine);
    const next = state.getInt32(0, true) + 1;
    if (next >= state.getInt32(4, true)) {
      state.setBigInt64(0, 0n, true);
      return 0;
    }
    state.setInt32(0, next, true);
    engine.low[0] = engine.low[1]!;
    engine.high[0] = engine.high[1]!;
    return undefined;
  }],
  bpf_iter_num_destroy: [1, () => 0],
};
