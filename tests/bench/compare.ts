/**
 * Running contenders against each other.
 *
 * @module
 */
import type { Contender } from "./contenders.ts";

/** Rounds unless said: processes print many figures each. */
const ROUNDS = 5;

/** Contenders for the same thing. */
export interface Comparison {
  /** What is measured, with its unit. */
  readonly title: string;
  /** How often each contender is run. */
  readonly rounds?: number;
  /** Makes the contenders; others are compared with the first one. */
  contenders(): Contender[] | Promise<Contender[]>;
}

/** Runs the contenders in turns and prints the median of all figures of each. */
export async function compare({ title, rounds = ROUNDS, contenders: make }: Comparison): Promise<void> {
  const contenders = await make();
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) figures[i]?.push(...await run(contender));
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

async function run({ command: [program = "", ...args] }: Contender): Promise<number[]> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim().split("\n").map(Number).filter(Number.isFinite);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
