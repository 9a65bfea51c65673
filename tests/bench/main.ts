/**
 * Measures against C and libbpf in the same run: `deno task bench`.
 *
 * Each contender is a process of its own that prints a figure a batch; rounds take turns, so that what else the machine
 * does hits all of them. A figure is the median over all batches, the ratio is that to the first contender.
 */
import { findTool } from "../../scripts/_tools.ts";

const ROUNDS = 5;
/** Where a process gives one figure. */
const FIRST_ROUNDS = 20;
const HERE = new URL(".", import.meta.url).pathname;

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
}

const folder = await Deno.makeTempDir();
try {
  const bun = findTool("bun");
  const runtimes = (script: string, ...args: string[]): Contender[] => [
    {
      name: ["Deno", ...args].join(" "),
      command: [Deno.execPath(), "run", "--allow-ffi", HERE + script, ...args],
    },
    ...(bun ? [{ name: ["Bun", ...args].join(" "), command: [bun, HERE + script, ...args] }] : []),
  ];
  await compare("Look up an element of an array map (ns)", [
    ...await compiled("lookup.c"),
    ...runtimes("lookup.ts"),
  ]);
  await compare("Drain a record of 64 bytes (ns)", [
    ...await compiled("drain.c", [HERE + "fill.bpf.o"], "-lbpf"),
    ...runtimes("drain.ts", "count"),
    ...runtimes("drain.ts", "decode"),
  ]);
  // What is kept for later, and code not compiled yet, make the first time in a process another thing.
  for (const [when, rounds] of [["first", FIRST_ROUNDS], ["again", ROUNDS]] as const) {
    await compare(`Open, relocate 400 CO-RE records, ${when} (ms)`, [
      ...await compiled("core.c", [HERE + "core.bpf.o", when], "-lbpf"),
      ...runtimes("core.ts", when),
    ], rounds);
    await compare(`Index kernel BTF, find a struct, ${when} (ms)`, [
      ...await compiled("btf.c", [when], "-lbpf"),
      ...runtimes("btf.ts", when),
    ], rounds);
  }
  await compare("Peak memory of that, above nothing (MB)", memory(bun), 1);
  await compare("Start of process to first event (ms)", firstEvent(bun), 3);
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** A C program as a contender; none where no compiler or library is there. */
async function compiled(source: string, args: string[] = [], ...flags: string[]): Promise<Contender[]> {
  const compiler = findTool("cc");
  const program = `${folder}/${source.replace(".c", "")}`;
  if (!compiler) return [];
  const { success } = await new Deno.Command(compiler, {
    args: ["-O2", "-o", program, HERE + source, ...flags],
  }).output();
  return success ? [{ name: "C", command: [program, ...args] }] : [];
}

/** Contenders that print how long a script took from its start to its first event. */
function firstEvent(bun: string | undefined): Contender[] {
  const script = HERE + "first_event.ts";
  const execsnoop = new URL("../../examples/execsnoop.ts", import.meta.url).pathname;
  const measure = [Deno.execPath(), "run", "-A", script];
  return [
    { name: "Deno", command: [...measure, Deno.execPath(), "run", "--allow-ffi", execsnoop, "--json"] },
    ...(bun ? [{ name: "Bun", command: [...measure, bun, execsnoop, "--json"] }] : []),
    ...(findTool("bpftrace")
      ? [{
        name: "bpftrace",
        command: [
          ...measure,
          "bpftrace",
          "-e",
          'tracepoint:sched:sched_process_exec { printf("%d\\n", pid); }',
        ],
      }]
      : []),
  ];
}

/** Contenders that print how much more memory a script takes than an empty one. */
function memory(bun: string | undefined): Contender[] {
  const measure = [Deno.execPath(), "run", "-A", HERE + "memory.ts", HERE + "btf.ts"];
  return [
    { name: "Deno", command: [...measure, Deno.execPath(), "run", "--allow-ffi"] },
    ...(bun ? [{ name: "Bun", command: [...measure, bun] }] : []),
  ];
}

async function compare(title: string, contenders: readonly Contender[], rounds = ROUNDS): Promise<void> {
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { command: [program = "", ...args] }] of contenders.entries()) {
      const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
      if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
      figures[i]?.push(
        ...new TextDecoder().decode(stdout).trim().split("\n").map(Number).filter(Number.isFinite),
      );
    }
  }
  console.log(`\n${title.padEnd(48)} median     min   ratio`);
  const medians = figures.map(median);
  contenders.forEach(({ name }, i) => {
    const ratio = (medians[i] ?? 0) / (medians[0] ?? 0);
    const columns = [
      (medians[i] ?? 0).toFixed(1),
      Math.min(...figures[i] ?? []).toFixed(1),
      ratio.toFixed(2),
    ];
    console.log(`  ${name.padEnd(45)}${columns.map((text) => text.padStart(8)).join("")}`);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
