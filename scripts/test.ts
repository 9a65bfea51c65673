/**
 * Runs the tests in Deno, or with `--bun` in Bun, and ends with the failures, named once more, and the line
 * `N passed, N failed[, N skipped]`.
 *
 * Other arguments go to the runner: `deno task test tests/btf --filter parse`.
 *
 * @module
 */

import { configArgs, ROOT } from "./_deno.ts";
import { countCases, failures, readCases, summary } from "./_junit.ts";
import { findTool } from "./_tools.ts";

async function runner(inBun: boolean, report: string, args: string[]): Promise<string[]> {
  const hasFiles = args.some((arg) => arg.startsWith("tests") || arg.startsWith("./tests"));
  if (!inBun) {
    const files = hasFiles ? [] : ["tests"];
    return [
      Deno.execPath(),
      "test",
      ...await configArgs(),
      "-A",
      `--junit-path=${report}`,
      ...args,
      ...files,
    ];
  }
  const bun = findTool("bun");
  const program = bun === undefined ? ["npx", "--yes", "bun@1"] : [bun];
  await install(program);
  // Bun takes `tests/x` for a pattern and `./tests/x` for a path.
  const paths = args.map((arg) => arg.startsWith("tests") ? `./${arg}` : arg);
  const files = hasFiles ? [] : ["./tests"];
  return [...program, "test", "--reporter=junit", `--reporter-outfile=${report}`, ...paths, ...files];
}

/** `bun run` fetches a missing package by itself, `bun test` does not. */
async function install([program, ...args]: readonly string[]): Promise<void> {
  const { dependencies } = JSON.parse(await Deno.readTextFile(`${ROOT}package.json`));
  if (program === undefined || dependencies === undefined) return;
  await new Deno.Command(program, { args: [...args, "install", "--no-save"], cwd: ROOT }).spawn().status;
}

async function main(args: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const report = `${folder}/junit.xml`;
    const [program, ...rest] = await runner(
      args.includes("--bun"),
      report,
      args.filter((arg) => arg !== "--bun"),
    );
    if (program === undefined) return 1;
    const { code, signal } = await new Deno.Command(program, { args: rest, cwd: ROOT }).spawn().status;
    if (signal !== null) console.error(`The test runner ended by ${signal}`);
    const cases = readCases(await Deno.readTextFile(report).catch(() => ""));
    const failed = failures(cases);
    if (failed !== "") console.log(failed);
    console.log(summary(countCases(cases, code)));
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
