/**
 * Runs tests under other kernels, in machines of QEMU, and ends as `deno task test` does.
 *
 * `deno task test:vm [6.1|6.12] [--full] [--if-possible] [-- FILE...]`: without files, the tests of what few kernels
 * have; with `--full`, all that speak to the kernel. With `--if-possible`, a machine that cannot run others skips all.
 *
 * Kernels are Debian's, kept in `~/.cache/waggle/kernels`, or where `WAGGLE_KERNELS` says.
 *
 * @module
 */

import { configArgs, ROOT } from "./_deno.ts";
import { countCases, failures, readCases, summary, type TestCase } from "./_junit.ts";
import { REPORT_PATH } from "./vm/initramfs.ts";
import { CHOSEN, FULL, type Kernel, KERNELS } from "./vm/kernels.ts";
import { runInMachine } from "./vm/machine.ts";
import { fetchKernel, type KernelFiles, lacking } from "./vm/packages.ts";

/** What the arguments ask for. */
export interface Plan {
  readonly kernels: readonly Kernel[];
  readonly files: readonly string[];
  readonly ifPossible: boolean;
  /** How long a machine may run, in milliseconds. */
  readonly limit: number;
}

const LIMIT_MS = 20 * 60_000;
const FULL_LIMIT_MS = 120 * 60_000;

/**
 * Reads the arguments.
 *
 * @throws {RangeError} One of them is unknown.
 */
export function readPlan(args: readonly string[]): Plan {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const [options, files] = [args.slice(0, end), args.slice(end + 1)];
  const versions = options.filter((option) => !option.startsWith("-"));
  const flags = options.filter((option) => option.startsWith("-"));
  const unknown = versions.find((version) => KERNELS.every((kernel) => kernel.version !== version)) ??
    flags.find((flag) => flag !== "--full" && flag !== "--if-possible");
  if (unknown !== undefined) {
    const known = KERNELS.map(({ version }) => version).join("|");
    throw new RangeError(
      `Cannot read "${unknown}": deno task test:vm [${known}] [--full] [--if-possible] [-- FILE...]`,
    );
  }
  const full = flags.includes("--full");
  return {
    kernels: KERNELS.filter(({ version }) => versions.length === 0 || versions.includes(version)),
    files: files.length > 0 ? files : full ? FULL : CHOSEN,
    ifPossible: flags.includes("--if-possible"),
    limit: full ? FULL_LIMIT_MS : LIMIT_MS,
  };
}

/** The tests of a kernel: those that were skipped for the want of what it has have failed. */
export function judge(
  { version, has }: Pick<Kernel, "version" | "has">,
  cases: readonly TestCase[],
): TestCase[] {
  return cases.map(({ name, outcome, failure }) => {
    const need = outcome === "skipped" ? / \[skipped: needs ([\w-]+): /.exec(name)?.[1] : undefined;
    const named = { name: `Linux ${version}: ${name}`, outcome, failure };
    if (need === undefined || ![...has].some((one) => one === need)) return named;
    return { ...named, outcome: "failed", failure: `skipped, and Linux ${version} must have "${need}"` };
  });
}

async function runTests(kernel: Kernel, unpacked: KernelFiles, { files, limit }: Plan): Promise<TestCase[]> {
  const { version } = kernel;
  const print = (line: string) => console.log(`${version.padEnd(4)} | ${line}`);
  const start = Date.now();
  print(`booting ${unpacked.release}`);
  try {
    const { status, report } = await runInMachine(
      unpacked,
      {
        program: Deno.execPath(),
        args: [
          ...["test", ...await configArgs(), "--cached-only", "--no-check", "-A"],
          `--junit-path=${REPORT_PATH}`,
          ...files,
        ],
        folder: ROOT,
        env: {
          HOME: Deno.env.get("HOME") ?? "/root",
          PATH: Deno.env.get("PATH") ?? "",
          NO_COLOR: "1",
          WAGGLE_TEST_PATIENCE: "5",
          WAGGLE_HOTPLUG: "1",
        },
      },
      { kernelArgs: ["quiet", "lsm=lockdown,bpf"], limit, print },
    );
    const cases = judge(kernel, readCases(report));
    if (cases.length === 0) return [failed(kernel, "the test runner ran no tests")];
    if (status === 0 || cases.some(({ outcome }) => outcome === "failed")) return cases;
    return [...cases, failed(kernel, `the test runner ended with status ${status}`)];
  } catch (error) {
    return [failed(kernel, error instanceof Error ? error.message : `${error}`)];
  } finally {
    print(`took ${Math.round((Date.now() - start) / 1000)} s`);
  }
}

function failed({ version }: Kernel, failure: string): TestCase {
  return { name: `Linux ${version}`, outcome: "failed", failure };
}

/** Compiles what tests import; the machines have no network, and are slow. */
async function compile(files: readonly string[]): Promise<void> {
  const args = ["test", ...await configArgs(), "--no-run", "--no-check", ...files];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  if (!success) throw new Error(`Cannot compile the tests: ${new TextDecoder().decode(stderr)}`);
}

/**
 * Gets the kernels' files.
 *
 * @throws {Error} This machine lacks programs, or a package cannot be downloaded.
 */
async function fetchKernels(kernels: readonly Kernel[]): Promise<Map<Kernel, KernelFiles>> {
  const reason = lacking();
  if (reason !== undefined) throw new Error(reason);
  const caches = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  const folder = Deno.env.get("WAGGLE_KERNELS") ?? `${caches}/waggle/kernels`;
  const files = new Map<Kernel, KernelFiles>();
  for (const kernel of kernels) files.set(kernel, await fetchKernel(kernel, folder));
  return files;
}

async function main(args: readonly string[]): Promise<number> {
  const plan = readPlan(args);
  let kernels: Map<Kernel, KernelFiles>;
  try {
    kernels = await fetchKernels(plan.kernels);
  } catch (error) {
    const outcome = plan.ifPossible ? "skipped" : "failed";
    console.log(
      `The tests under other kernels are ${outcome}: ${error instanceof Error ? error.message : error}`,
    );
    console.log(summary({ passed: 0, failed: 0, skipped: 0, [outcome]: 1 }));
    return plan.ifPossible ? 0 : 1;
  }
  await compile(plan.files);
  // Each machine takes one CPU of this one
  const runs = [...kernels].map(([kernel, files]) => runTests(kernel, files, plan));
  const cases = (await Promise.all(runs)).flat();
  const report = failures(cases);
  if (report !== "") console.log(report);
  const counts = countCases(cases, 0);
  console.log(summary(counts));
  return counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
