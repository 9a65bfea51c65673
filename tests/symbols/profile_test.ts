/** Names of what runs, against what nm(1), /proc/kallsyms and V8 itself say. */
import { assert, assertEquals } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { findTool } from "../../scripts/_tools.ts";
import { Symbolizer } from "../../src/symbols/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { profile, type Sample } from "./_profile.ts";
import { Build, functionsByNm, type Known, namesAt, Worker } from "./_worker.ts";

const NEEDS = { needs: ["bpf", "cc", "linux", "root"] } as const;

/** How many samples have frames that are named, and how many of these as another says. */
class Agreement {
  named = 0;
  agreed = 0;
  readonly differences = new Set<string>();

  add(count: number, ours: string | undefined, others: readonly string[]): void {
    if (ours === undefined) return;
    this.named += count;
    if (others.includes(ours)) this.agreed += count;
    else this.differences.add(`${ours}, not ${others.join(" or ")}`);
  }

  check(least: number): void {
    assert(this.named >= least, `${this.named} samples have names`);
    const share = this.agreed / this.named;
    assert(share >= 0.95, `${share}: ${[...this.differences].slice(0, 10).join("\n")}`);
  }
}

/** Every function that nm has of a file, where a process has it. */
function functionsIn(path: string, distance: bigint): Known[] {
  return functionsByNm(path).map((one) => ({ ...one, address: one.address + Number(distance) }));
}

/** The innermost frames of samples, of the process alone. */
function* leaves(samples: readonly Sample[]): Generator<[address: bigint, count: number]> {
  for (const { user: [address], kernel, count } of samples) {
    if (address !== undefined && kernel.length === 0) yield [address, count];
  }
}

for (const kind of ["static", "pie", "library"] as const) {
  test(`stack() agrees with nm on samples of a program: ${kind}`, NEEDS, async () => {
    using build = new Build(kind);
    await using worker = await Worker.start(build.program);
    using symbolizer = new Symbolizer();
    symbolizer.observe(worker.pid);
    const samples = await profile([worker.pid], 30);
    const byNm = (path: string, name: string) =>
      functionsByNm(path).find((one) => one.name === name)?.address ?? 0;
    const distance = worker.address("main") - BigInt(byNm(build.program, "main"));
    const known = functionsIn(build.program, distance);
    if (kind === "library") {
      const base = worker.address("library_work") - BigInt(byNm(build.library, "library_work"));
      known.push(...functionsIn(build.library, base));
    }
    const agreement = new Agreement();
    for (const [address, count] of leaves(samples)) {
      const [frame] = symbolizer.stack({ pid: worker.pid, user: [address] });
      if (frame?.module !== build.program && frame?.module !== build.library) continue;
      agreement.add(count, frame.name, namesAt(known, Number(address)));
    }
    agreement.check(5);
    // The callers of what runs are on the stack
    const chains = samples.map(({ pid, user }) =>
      symbolizer.stack({ pid, user }).map(({ name }) => name).join(" ")
    );
    assert(chains.some((chain) => chain.startsWith("innermost middle main ")), chains.join("\n"));
  });
}

test("stack() agrees with /proc/kallsyms on samples in the kernel", NEEDS, async () => {
  using build = new Build("pie");
  await using worker = await Worker.start(build.program);
  using symbolizer = new Symbolizer();
  const samples = await profile([worker.pid], 30);
  // Sorted by another, and with the last of several names for an address
  const text = run("sh", ["-c", "grep -i ' [tw] ' /proc/kallsyms | LC_ALL=C sort -s -k1,1"]);
  const lines = text.trimEnd().split("\n").map((line) => line.split(/\s/));
  const starts = lines.map(([address = ""]) => BigInt(`0x${address}`));
  const namesOf = (address: bigint) => {
    const start = starts.findLast((one) => one <= address);
    return lines.filter((_, index) => starts[index] === start).map(([, , name = ""]) => name);
  };
  const agreement = new Agreement();
  for (const { kernel, count } of samples) {
    const frames = symbolizer.stack({ kernel });
    assertEquals(frames.length, kernel.length);
    frames.slice(0, 3).forEach(({ name }, index) => {
      agreement.add(count, name, namesOf((kernel[index] ?? 0n) - (index === 0 ? 0n : 1n)));
    });
  }
  agreement.check(5);
  assertEquals(symbolizer.kernelProblem, undefined);
});

const SCRIPT = `
function waggleLeaf(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i * i % 7; return sum; }
function waggleCaller(n) { return waggleLeaf(n) + 1; }
for (;;) waggleCaller(100000);`;

const V8 = {
  node: ["--perf-basic-prof", "-e", SCRIPT],
  deno: ["eval", "--v8-flags=--perf-basic-prof", SCRIPT],
} as const;

for (const program of ["node", "deno"] as const) {
  test(`stack() names functions of JavaScript: ${program}`, {
    needs: [...NEEDS.needs, program],
  }, async () => {
    // V8 writes a log of its own into the current folder
    const folder = mkdtempSync(join(tmpdir(), "waggle-"));
    const child = spawn(findTool(program) ?? program, V8[program], { stdio: "ignore", cwd: folder });
    const end = once(child, "exit");
    const maps = () => `/tmp/perf-${pid}.map`;
    let pid = child.pid ?? -1;
    try {
      await started(() => {
        // deno may be started by another program
        pid = childOf(child.pid ?? -1);
        return existsSync(maps()) && readFileSync(maps(), "utf8").includes("*waggle");
      });
      using symbolizer = new Symbolizer();
      const samples = await profile([pid], 20);
      // The file has more by now: what is written later of an address counts
      const lines = readFileSync(maps(), "utf8").trimEnd().split("\n").map((line) =>
        /^(\S+) (\S+) (.*)$/.exec(line)
      );
      const written = lines.map((match) => ({
        address: Number.parseInt(match?.[1] ?? "", 16),
        size: Number.parseInt(match?.[2] ?? "", 16),
        name: match?.[3] ?? "",
      }));
      const agreement = new Agreement();
      let leafs = 0;
      for (const [address, count] of leaves(samples)) {
        const { kind, name } = symbolizer.user(pid, address);
        if (kind !== "jit") continue;
        agreement.add(count, name, namesAt(written, Number(address)).slice(-1));
        if (name?.includes("waggleLeaf")) leafs += count;
      }
      agreement.check(5);
      assert(leafs / agreement.named > 0.5, `${leafs} of ${agreement.named}`);
    } finally {
      child.kill("SIGKILL");
      if (pid !== child.pid) process.kill(pid, "SIGKILL");
      await end;
      rmSync(maps(), { force: true });
      rmSync(folder, { recursive: true });
    }
  });
}

async function started(isReady: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!isReady()) {
    assert(performance.now() < deadline, "it does not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The child that a wrapper started, or the process itself. */
function childOf(pid: number): number {
  try {
    const [child = ""] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    return child === "" ? pid : Number(child);
  } catch {
    return pid;
  }
}
