/**
 * Measures against C with libbpf and Go with cilium/ebpf in the same run: `deno task bench`, or only what has a word in
 * its title: `deno task bench map`.
 *
 * Each contender is a process of its own that prints a figure a batch; rounds take turns, so that what else the machine
 * does hits all of them. A figure is the median over all batches, the ratio is that to the first contender.
 */
import { findTool } from "../../scripts/_tools.ts";
import { compare, type Comparison } from "./compare.ts";
import { BUN, Compiler, type Contender, HERE, runtimes } from "./contenders.ts";
import { cost, start } from "./one_liners.ts";

/** Where a process gives one figure. */
const FIRST_ROUNDS = 20;

const folder = await Deno.makeTempDir();
const compiler = new Compiler(folder);

const COMPARISONS: readonly Comparison[] = [
  {
    title: "Look up an element of an array map (ns)",
    contenders: async () => [...await compiler.c("lookup.c"), ...runtimes("lookup.ts")],
  },
  useMap("Look up an element of a hash map (ns)", "lookup"),
  useMap("Look up an element of a per-CPU array map (ns)", "cpus"),
  useMap("Set an element of a hash map (ns)", "update"),
  useMap("Delete an element of a hash map (ns)", "delete"),
  useMap("Dump a map of 100,000 elements, each (ns)", "dump", "iterate"),
  // By the next key and a lookup in C and Go, which takes them seconds.
  { ...useMap("Iterate a map of 100,000 elements, each (ns)", "iterate"), rounds: 3 },
  useMap("Iterate a map of 4 elements, each (ns)", "few"),
  useMap("Set 100,000 elements of a map at once, each (ns)", "set"),
  drain("count"),
  drain("some"),
  drain("decode", "lazy"),
  { title: "Wake a loop by an event, from the program to the script (us)", contenders: latency },
  { title: "CPU time of a loop that waits (%)", rounds: 1, contenders: idle },
  // What is kept for later, and code not compiled yet, make the first time in a process another thing.
  relocate("first", { rounds: FIRST_ROUNDS }),
  indexBtf("first", { rounds: FIRST_ROUNDS }),
  relocate("again"),
  indexBtf("again"),
  { title: "Name 10,000 distinct stacks of 30 frames (ms)", contenders: () => runtimes("symbols.ts") },
  { title: "Peak memory of that, above nothing (MB)", rounds: 1, contenders: memory },
  { title: "Start of process to first event (ms)", rounds: 3, contenders: firstEvent },
  {
    title: "Start to having attached what counts system calls (ms)",
    rounds: 2,
    contenders: () => start(folder, "time"),
  },
  { title: "Peak memory of that (MB)", rounds: 1, contenders: () => start(folder, "memory") },
  ...Object.entries({
    "@[comm] = count()": "count",
    "@[tid] = nsecs": "store",
    "@[comm] = hist(args->id)": "histogram",
    "@[kstack] = count()": "stacks",
  }).map(([action, what]) => ({
    title: `Cost of a run in the kernel, ${what} (ns)`,
    rounds: 2,
    contenders: () => cost(action),
  })),
];

try {
  const words = Deno.args.map((word) => word.toLowerCase());
  for (const comparison of COMPARISONS) {
    const title = comparison.title.toLowerCase();
    if (words.every((word) => title.includes(word))) await compare(comparison);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** The same use of a map everywhere, and `others` of ours beside it. */
function useMap(title: string, mode: string, ...others: string[]): Comparison {
  return {
    title,
    contenders: async () => [
      ...await compiler.c("map.c", [mode], "-lbpf"),
      ...await compiler.go("map.go", [mode]),
      ...[mode, ...others].flatMap((mode) => runtimes("map.ts", mode)),
    ],
  };
}

/** The same use of records of 64 bytes everywhere, and `others` of ours beside it. */
function drain(mode: string, ...others: string[]): Comparison {
  const args = [HERE + "fill.bpf.o", mode];
  return {
    title: `Drain a record of 64 bytes, ${mode} (ns)`,
    contenders: async () => [
      ...await compiler.c("drain.c", args, "-lbpf"),
      ...await compiler.go("drain.go", args),
      ...[mode, ...others].flatMap((mode) => runtimes("drain.ts", mode)),
    ],
  };
}

/** Contenders that print how long events took from the program to the loop. */
async function latency(): Promise<Contender[]> {
  const args = [HERE + "fill.bpf.o"];
  return [
    ...await compiler.c("wake.c", args, "-lbpf"),
    ...await compiler.go("wake.go", args),
    ...runtimes("wake.ts"),
    ...runtimes("wake.ts", "drain"),
  ];
}

/** Contenders that print which part of a CPU they take while nothing comes. */
function idle(): Contender[] {
  return runtimes("wake.ts", "idle");
}

function relocate(when: string, options: Pick<Comparison, "rounds"> = {}): Comparison {
  return {
    ...options,
    title: `Open, relocate 400 CO-RE records, ${when} (ms)`,
    contenders: async () => [
      ...await compiler.c("core.c", [HERE + "core.bpf.o", when], "-lbpf"),
      ...runtimes("core.ts", when),
    ],
  };
}

function indexBtf(when: string, options: Pick<Comparison, "rounds"> = {}): Comparison {
  return {
    ...options,
    title: `Index kernel BTF, find a struct, ${when} (ms)`,
    contenders: async () => [
      ...await compiler.c("btf.c", [when], "-lbpf"),
      ...runtimes("btf.ts", when),
    ],
  };
}

/** Contenders that print how long a script took from its start to its first event. */
function firstEvent(): Contender[] {
  const execsnoop = new URL("../../examples/execsnoop.ts", import.meta.url).pathname;
  const measure = [Deno.execPath(), "run", "-A", HERE + "first_event.ts"];
  const bpftrace = 'tracepoint:sched:sched_process_exec { printf("%d\\n", pid); }';
  return [
    { name: "Deno", command: [...measure, Deno.execPath(), "run", "--allow-ffi", execsnoop, "--json"] },
    ...(BUN ? [{ name: "Bun", command: [...measure, BUN, execsnoop, "--json"] }] : []),
    ...(findTool("bpftrace")
      ? [{ name: "bpftrace", command: [...measure, "bpftrace", "-e", bpftrace] }]
      : []),
  ];
}

/** Contenders that print how much more memory a script takes than an empty one. */
function memory(): Contender[] {
  const measure = [Deno.execPath(), "run", "-A", HERE + "memory.ts", HERE + "btf.ts"];
  return [
    { name: "Deno", command: [...measure, Deno.execPath(), "run", "--allow-ffi"] },
    ...(BUN ? [{ name: "Bun", command: [...measure, BUN] }] : []),
  ];
}
