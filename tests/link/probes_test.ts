import { assertEquals, assertThrows } from "@std/assert";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Native, native, systemCalls, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { PermissionError } from "../../src/errors.ts";
import { attachUprobe, cleanupProbes, listProbes, type ProbeInfo } from "../../src/link/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { textOf } from "../../src/sys/mod.ts";
import { startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { withoutPmu } from "./_old_kernel.ts";
import { offsetIn, target } from "./_target.ts";

const NEEDS = ["bpf", "tracefs", "cc"] as const;
const FILE = "/sys/kernel/tracing/uprobe_events";

/** The events whose lines contain a text, as the kernel lists them. */
function linesWith(text: string): string[] {
  return readFileSync(FILE, "utf8").split("\n").filter((line) => line.includes(text));
}

/** The event that a line defines, without the place. */
function nameIn(line: string): string {
  return line.slice(2).split(" ", 1)[0] ?? "";
}

function ofProcess(probes: readonly ProbeInfo[], pid: number | undefined): ProbeInfo[] {
  return probes.filter((probe) => probe.pid === pid);
}

/** When a process began, in ticks since the machine did: `proc_pid_stat(5)`. */
function startOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ")[19] ?? "";
}

const namespace = () => `${statSync("/proc/self/ns/pid").ino}`;

/** Starts a script that attaches by tracefs, and waits until it has. */
async function attached(...args: readonly string[]): Promise<ChildProcess> {
  const script = startScript(new URL("_probes.ts", import.meta.url), { args: [target(), ...args] });
  const [line] = await once(createInterface(script.stdout ?? process.stdin), "line");
  assertEquals(line, "attached");
  return script;
}

async function kill(script: ChildProcess): Promise<void> {
  script.kill("SIGKILL");
  await once(script, "close");
}

/** Events that a test makes itself, until it ends. */
class Events implements Disposable {
  readonly #names: string[] = [];

  add(group: string, place = `${target()}:0x${offsetIn(target(), "waggle_second").toString(16)}`): void {
    appendFileSync(FILE, `p:${group}/event ${place}`);
    this.#names.push(`${group}/event`);
  }

  get left(): string[] {
    return this.#names.filter((name) => linesWith(`:${name} `).length > 0);
  }

  [Symbol.dispose](): void {
    for (const name of this.left) appendFileSync(FILE, `-:${name}`);
  }
}

test("listProbes() has what tracefs has of a process that lives", { needs: NEEDS }, async () => {
  const script = await attached();
  try {
    const pid = script.pid ?? 0;
    const [line = "", ...more] = linesWith(`waggle_${pid}_`);
    assertEquals(more, []);
    const offset = offsetIn(target(), "waggle_first").toString(16).padStart(16, "0");
    const [probe, ...others] = ofProcess(listProbes(), pid);
    const group = nameIn(line).split("/")[0] ?? "";
    assertEquals(others, []);
    assertEquals(probe, {
      kind: "uprobe",
      group,
      event: target().split("/").at(-1) ?? "",
      place: `${target()}:0x${offset}`,
      return: false,
      pid,
      alive: true,
    });
    assertEquals(group.startsWith(`waggle_${pid}_${startOf(pid)}_${namespace()}_`), true, group);
    assertEquals(ofProcess(cleanupProbes(), pid), []);
    assertEquals(linesWith(`waggle_${pid}_`), [line]);
  } finally {
    await kill(script);
    cleanupProbes();
  }
});

test(
  "listProbes() has the probes of this process, and no longer than they are attached",
  { needs: NEEDS },
  () => {
    using _native = useNative(withoutPmu("uprobe"));
    using program = loadProgram({ name: "probe", type: "kprobe", instructions: [mov(r0, 0), exit()] });
    const own = () => ofProcess(listProbes(), process.pid).map((probe) => [probe.return, probe.alive]);
    {
      using _first = attachUprobe(program, target(), "waggle_first");
      using _second = attachUprobe(program, target(), "waggle_first", { return: true });
      assertEquals(own(), [[false, true], [true, true]]);
    }
    assertEquals(own(), []);
  },
);

test("cleanupProbes() removes the events of a process that was killed", { needs: NEEDS }, async () => {
  const script = await attached();
  const pid = script.pid ?? 0;
  const [line = ""] = linesWith(`waggle_${pid}_`);
  await kill(script);
  assertEquals(linesWith(`waggle_${pid}_`), [line]);
  assertEquals(ofProcess(listProbes(), pid).map(({ alive }) => alive), [false]);
  const removed = ofProcess(cleanupProbes(), pid);
  assertEquals(removed.map(({ group, event }) => `${group}/${event}`), [nameIn(line)]);
  assertEquals(linesWith(`waggle_${pid}_`), []);
  assertEquals(ofProcess(cleanupProbes(), pid), []);
});

test(
  "attachUprobe() by tracefs removes the events of a process that was killed",
  { needs: NEEDS },
  async () => {
    const script = await attached();
    const pid = script.pid ?? 0;
    await kill(script);
    assertEquals(linesWith(`waggle_${pid}_`).length, 1);
    using program = loadProgram({ name: "probe", type: "kprobe", instructions: [mov(r0, 0), exit()] });
    attachUprobe(program, target(), "waggle_first").close();
    assertEquals(linesWith(`waggle_${pid}_`).length, 1, "not where it makes none itself");
    using _native = useNative(withoutPmu("uprobe"));
    attachUprobe(program, target(), "waggle_first").close();
    assertEquals(linesWith(`waggle_${pid}_`), []);
  },
);

test("cleanupProbes() leaves what others made, whatever its name", { needs: NEEDS }, () => {
  using events = new Events();
  const start = startOf(process.pid);
  const [pid, ns] = [process.pid, namespace()];
  const gone = 0x3f_fff0;
  const others = [
    "waggle",
    `waggle_${gone}`,
    `waggle_${gone}_0`,
    `waggle_${gone}_${start}_${ns}_0`,
    `waggle_${gone}_${start}_${ns}_0123456789ab_`,
    `waggle_${gone}_${start}_${ns}_0123456789abc`,
    `waggle_${gone}_${start}_${ns}_0123456789AB`,
    `xwaggle_${gone}_${start}_${ns}_0123456789ab`,
    `waggle_x_${start}_${ns}_0123456789ab`,
    // Ours, of a process that lives, and of a namespace that nobody knows anything of
    `waggle_${pid}_${start}_${ns}_0123456789ab`,
    `waggle_${gone}_${start}_1_0123456789ab`,
  ];
  const dead = [
    `waggle_${gone}_${start}_${ns}_0123456789ab`,
    // The number is this process's by now
    `waggle_${pid}_${Number(start) - 1}_${ns}_0123456789ab`,
  ];
  for (const group of [...others, ...dead]) events.add(group);
  const listed = () =>
    listProbes().filter(({ event }) => event === "event").map((one) => [one.group, one.alive]);
  assertEquals(listed(), [
    [others[9], true],
    [others[10], undefined],
    [dead[0], false],
    [dead[1], false],
  ]);
  assertEquals(cleanupProbes().filter(({ event }) => event === "event").map(({ group }) => group), dead);
  assertEquals(events.left, others.map((group) => `${group}/event`));
  assertEquals(listed(), [[others[9], true], [others[10], undefined]]);
});

test(
  "cleanupProbes() leaves the events that a pin keeps in use",
  { needs: [...NEEDS, "bpffs"] },
  async () => {
    const pin = `/sys/fs/bpf/waggle-${process.pid}-probe`;
    const script = await attached(pin);
    const pid = script.pid ?? 0;
    try {
      await kill(script);
      assertEquals(existsSync(pin), true);
      assertEquals(ofProcess(listProbes(), pid).map(({ alive }) => alive), [false]);
      assertEquals(ofProcess(cleanupProbes(), pid), []);
      assertEquals(linesWith(`waggle_${pid}_`).length, 1);
    } finally {
      rmSync(pin, { force: true });
    }
    const removed = [];
    for (const end = Date.now() + 5000; removed.length === 0 && Date.now() < end;) {
      removed.push(...ofProcess(cleanupProbes(), pid)); // the kernel ends links in its own time
    }
    assertEquals([removed.length, linesWith(`waggle_${pid}_`)], [1, []]);
  },
);

/** This kernel, as if tracefs were closed to the process: for reading or, with `O_WRONLY`, for writing. */
function closed(flag: number): Native {
  const real = native();
  const { openat } = systemCalls(real.arch);
  return {
    ...real,
    syscall(number, ...args) {
      const path = number === openat ? textOf(new Uint8Array(real.bufferAt(BigInt(args[1] ?? 0), 64))) : "";
      const refused = path.startsWith("/sys/kernel/tracing/") && (Number(args[2]) & 1) === flag;
      return refused ? -13 : real.syscall(number, ...args);
    },
  };
}

test("listProbes() and cleanupProbes() say that tracefs is closed", { needs: NEEDS }, () => {
  using events = new Events();
  {
    using _native = useNative(closed(0));
    for (const act of [listProbes, cleanupProbes]) {
      assertThrows(act, PermissionError, "_events: tracefs is closed to this process: run it as root");
    }
  }
  const group = `waggle_${0x3f_fff0}_1_${namespace()}_0123456789ab`;
  events.add(group);
  using _native = useNative(closed(1));
  assertThrows(
    cleanupProbes,
    PermissionError,
    `Cannot remove probe "${group}/event": tracefs is closed to this process: run it as root`,
  );
});
