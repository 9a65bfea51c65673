import { parseArgs } from "node:util";
import { type Column, jsonLine, liveTop, stdout } from "../output/mod.ts";
import { enableStats, listPrograms, type ProgramInfo } from "../program/mod.ts";
import type { Command } from "./command.ts";
import { milliseconds, pause, untilEnd } from "./until.ts";

/** What a program did between two looks. */
interface Row {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly runs: number;
  /** Of all runs together. */
  readonly ns: number;
  readonly seconds: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: "ID", value: ({ id }) => id },
  { header: "TYPE", value: ({ type }) => type },
  { header: "NAME", value: ({ name }) => name },
  { header: "RUNS/S", value: ({ runs, seconds }) => runs / seconds, unit: "count" },
  { header: "EACH", value: ({ runs, ns }) => ns / runs, unit: "ns" },
  { header: "CPU %", value: (row) => percent(row).toFixed(2), align: "right" },
];

/** Shows programs by the time that they take. */
export const top: Command = {
  summary: "programs by the time that they take, as they run",
  usage: `waggle top [--interval TIME] [--duration TIME] [--rows N] [--json]

Shows the BPF programs that run, whoever loaded them, by the part of a CPU that they take: in place on a terminal, one
table after the other elsewhere, until Ctrl-C. The kernel measures while this runs, which costs each run some 50 ns.

  --interval TIME   how often: 500ms, 2s, 1m; 1s by default
  --duration TIME   ends after this time
  --rows N          how many programs: 20 by default
  --json            one JSON object a line, for each program that ran in an interval`,

  run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        interval: { type: "string", default: "1s" },
        duration: { type: "string" },
        rows: { type: "string", default: "20" },
        json: { type: "boolean", default: false },
      },
    });
    const every = milliseconds("--interval", values.interval);
    const rows = Number(values.rows);
    if (!(Number.isInteger(rows) && rows > 0)) {
      throw new TypeError(`--rows ${values.rows} is not a positive number`);
    }
    const duration = values.duration === undefined ? undefined : milliseconds("--duration", values.duration);
    return show({ every, rows, duration, json: values.json });
  },
};

interface TopOptions {
  /** In ms. */
  readonly every: number;
  readonly rows: number;
  readonly duration: number | undefined;
  readonly json: boolean;
}

async function show({ every, rows, duration, json }: TopOptions): Promise<number> {
  using _stats = enableStats();
  using end = untilEnd(duration);
  using out = stdout({ signal: end.signal });
  const programs = new Programs();
  await pause(every, out.signal);
  if (!json) {
    const { signal } = out;
    await liveTop(out, {
      rows: () => programs.ran(),
      columns: COLUMNS,
      by: percent,
      top: rows,
      every,
      signal,
    });
    return 0;
  }
  while (!out.closed) {
    for (const row of programs.ran()) out.print(jsonLine({ ...row, cpu_percent: percent(row) }));
    if (out.signal.aborted) break;
    await pause(every, out.signal);
  }
  return 0;
}

function percent({ ns, seconds }: Row): number {
  return ns / seconds / 1e7;
}

/** All programs, with what they did since the last look. */
class Programs {
  #before = new Map<number, ProgramInfo>();
  #time = 0;

  constructor() {
    this.ran();
  }

  /** Those that ran. */
  ran(): Row[] {
    const [now, programs] = [performance.now(), listPrograms()];
    const seconds = (now - this.#time) / 1000;
    const rows = programs.flatMap((program): Row[] => {
      const { id, type, name, runCount, runTime } = program;
      const before = this.#before.get(id);
      const runs = Number(runCount - (before?.runCount ?? 0n));
      const ns = Number(runTime - (before?.runTime ?? 0n));
      return runs > 0 ? [{ id, type, name, runs, ns, seconds }] : [];
    });
    this.#before = new Map(programs.map((program) => [program.id, program]));
    this.#time = now;
    return rows;
  }
}
