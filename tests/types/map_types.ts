/** What the types of maps promise and refuse; `deno check` is the test. */
import {
  array,
  arrayOfMaps,
  bloomFilter,
  type BpfMap,
  cpuMap,
  createMap,
  cstr,
  devMap,
  hash,
  type HashMap,
  hashOfMaps,
  ipv4Prefix,
  lpmTrie,
  type MapKind,
  openMap,
  perCpuArray,
  perCpuHash,
  perfEventArray,
  type Program,
  programArray,
  queue,
  ring,
  sockHash,
  stackTrace,
  struct,
  taskStorage,
  u32,
  u64,
  type UntypedValue,
  userRing,
  xskMap,
} from "../../mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectType<T extends true>(_?: T): void {}

const Flow = struct({ port: u32, comm: cstr(16) });
type Flow = { port: number; comm: string };

export function keyed(object: { get<M extends BpfMap>(name: string, kind: MapKind<M>): M }): void {
  const counts = object.get("counts", hash(Flow, u64));
  const value = counts.get({ port: 1, comm: "sh" });
  expectType<Equal<typeof value, bigint | undefined>>();
  const taken = counts.take({ port: 1, comm: "sh" }, { lock: true });
  expectType<Equal<typeof taken, bigint | undefined>>();
  for (const [key, count] of counts) {
    expectType<Equal<typeof key, Flow>>();
    expectType<Equal<typeof count, bigint>>();
  }
  const batches = counts.takeBatches({ size: 10 });
  expectType<Equal<typeof batches extends Iterable<infer B> ? B : never, [Flow, bigint][]>>();
  counts.set({ port: 1, comm: "sh" }, 1n).set({ port: 2, comm: "sh" }, 2n, { mode: "noexist", lock: true });
  counts.setAll(new Map([[{ port: 1, comm: "sh" }, 1n]]));
  // @ts-expect-error: a number for a key that is a struct
  counts.get(1);
  // @ts-expect-error: a key without a field
  counts.get({ port: 1 });
  // @ts-expect-error: a key with a field of another type
  counts.set({ port: 1n, comm: "sh" }, 1n);
  // @ts-expect-error: a number where a bigint belongs
  counts.set({ port: 1, comm: "sh" }, 1);
  // @ts-expect-error: no such mode
  counts.set({ port: 1, comm: "sh" }, 1n, { mode: "never" });
  // @ts-expect-error: hash maps have no order to push to
  counts.push(1n);
  // @ts-expect-error: only arrays have memory
  counts.memory();
  // @ts-expect-error: only per-CPU maps have sums
  counts.sum({ port: 1, comm: "sh" });
}

export function indexed(): void {
  using values = createMap(array(Flow), { maxEntries: 1, flags: ["mmapable"] });
  const value = values.get(0);
  expectType<Equal<typeof value, Flow>>();
  const mapped = values.memory().get(0);
  expectType<Equal<typeof mapped, Flow>>();
  // @ts-expect-error: indices are numbers
  values.get("0");
  // @ts-expect-error: elements of arrays stay
  values.delete(0);
  // @ts-expect-error: elements of arrays stay
  values.take(0);
  // @ts-expect-error: no such flag
  createMap(array(u32), { maxEntries: 1, flags: ["mmapped"] });
  // @ts-expect-error: flags are named
  createMap(array(u32), { maxEntries: 1, flags: 1024 });
}

export async function perCpu(): Promise<void> {
  using counts = createMap(perCpuHash(u32, u64), { maxEntries: 1 });
  const values = counts.get(1);
  expectType<Equal<typeof values, bigint[] | undefined>>();
  const sum = counts.sum(1);
  expectType<Equal<typeof sum, bigint | undefined>>();
  counts.setCpu(1, 0, 5n).fill(1, 0n);
  // @ts-expect-error: a value for each CPU
  counts.set(1, 5n);
  // @ts-expect-error: one CPU's value
  counts.setCpu(1, 0, [5n]);
  using array = createMap(perCpuArray(Flow), { maxEntries: 1 });
  const total = array.sum(0);
  expectType<Equal<typeof total, Flow>>();
  // @ts-expect-error: the memory of per-CPU arrays is the kernel's
  array.memory();
  for await (const snapshot of counts.watch({ every: 1000 })) {
    expectType<Equal<typeof snapshot, Map<number, bigint[]>>>();
  }
  // @ts-expect-error: how often
  counts.watch({});
}

export function others(program: Program, other: HashMap<number, bigint>): void {
  using routes = createMap(lpmTrie(ipv4Prefix, u32), { maxEntries: 1 });
  routes.set("10.0.0.0/8", 1);
  // @ts-expect-error: prefixes are text
  routes.set(10, 1);
  // @ts-expect-error: the kernel takes no prefix and returns it
  routes.take("10.0.0.0/8");

  using jobs = createMap(queue(Flow), { maxEntries: 1 });
  const job = jobs.push({ port: 1, comm: "sh" }, { replace: true }).pop();
  expectType<Equal<typeof job, Flow | undefined>>();
  // @ts-expect-error: queues have no keys
  jobs.get(0);

  using seen = createMap(bloomFilter(u32), { maxEntries: 1 });
  seen.add(1).has(2) satisfies boolean;
  // @ts-expect-error: members stay
  seen.delete(1);

  using outer = createMap(hashOfMaps(u32, hash(u32, u64), { maxEntries: 1 }), { maxEntries: 1 });
  outer.set(1, other);
  const inner = outer.get(1);
  expectType<Equal<typeof inner, HashMap<number, bigint> | undefined>>();
  // @ts-expect-error: values are maps
  outer.set(1, program);
  // @ts-expect-error: values are such maps
  outer.set(1, jobs);
  using table = createMap(arrayOfMaps(array(u32), { maxEntries: 1 }), { maxEntries: 1 });
  // @ts-expect-error: values are arrays
  table.set(0, other);

  using calls = createMap(programArray(), { maxEntries: 1 });
  calls.set(0, program);
  const called = calls.get(0);
  expectType<Equal<typeof called, Program | undefined>>();
  // @ts-expect-error: values are programs
  calls.set(0, other);

  using events = createMap(perfEventArray());
  events.set(0, 5);
  // @ts-expect-error: the kernel does not give perf events back
  events.get(0);
  // @ts-expect-error: the kernel does not give AF_XDP sockets back
  createMap(xskMap(), { maxEntries: 1 }).get(0);

  using sockets = createMap(sockHash(Flow), { maxEntries: 1 });
  const cookie = sockets.set({ port: 1, comm: "sh" }, 5).get({ port: 1, comm: "sh" });
  expectType<Equal<typeof cookie, bigint | undefined>>();

  using devices = createMap(devMap(), { maxEntries: 1 });
  devices.set(0, "eth0", { program }).get(0)?.device satisfies number | undefined;
  // @ts-expect-error: a queue size is for CPUs
  devices.set(0, { queueSize: 1 });
  using cpus = createMap(cpuMap());
  // @ts-expect-error: a device is no CPU
  cpus.set(0, "eth0");

  using stacks = createMap(stackTrace(), { maxEntries: 1 });
  const stack = stacks.get(1);
  expectType<Equal<typeof stack, bigint[] | undefined>>();
  // @ts-expect-error: programs record stacks
  stacks.set(1, [1n]);

  using tasks = createMap(taskStorage(Flow));
  const task = tasks.get(1);
  expectType<Equal<typeof task, Flow | undefined>>();
  // @ts-expect-error: the kernel does not list storage
  tasks.keys();

  using commands = createMap(userRing(Flow), { maxEntries: 4096 });
  commands.push({ port: 1, comm: "sh" }) satisfies boolean;
  // @ts-expect-error: scripts write user ring buffers, programs read them
  commands.drain(() => {});
  // @ts-expect-error: programs write ring buffers, scripts read them
  createMap(ring(Flow), { maxEntries: 4096 }).push({ port: 1, comm: "sh" });
}

export function opened(): void {
  using anything = openMap({ id: 1 }, hash());
  expectType<Equal<typeof anything, HashMap<UntypedValue, UntypedValue>>>();
  using plain = openMap({ pin: "/sys/fs/bpf/x", access: "read" });
  plain.info.memlock satisfies number;
  // @ts-expect-error: a map that is not used as one of a kind has no elements
  plain.get(1);
  // @ts-expect-error: no such access
  openMap({ id: 1, access: "execute" });
}
