import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u32, u64 } from "../../src/codec/mod.ts";
import {
  ElfError,
  LayoutError,
  MapFullError,
  NotFoundError,
  NotSupportedError,
  WaggleError,
} from "../../src/errors.ts";
import {
  attachUsdt,
  type Link,
  listUsdt,
  type UsdtAttachment,
  type UsdtOptions,
} from "../../src/link/mod.ts";
import { parseArgument, splitArguments } from "../../src/link/_usdt_argument.ts";
import { array, createMap, hash } from "../../src/map/mod.ts";
import { type BpfObject, load } from "../../src/object/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { runScript, startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { missing } from "../_needs.ts";
import { run, withFile, withFolder } from "../_run.ts";
import { counter, hitsOf } from "./_contract.ts";
import { hit, offsetsIn, printedNotes, usdtTarget } from "./_usdt_target.ts";

const NEEDS = ["bpf", "cc"] as const;
/** Loaded for one link to all places where the kernel has such, and for one a place. */
const TOGETHER = "on_probe";
const ONE_BY_ONE = "on_each";
const PROGRAMS = [TOGETHER, ONE_BY_ONE];
const FLAGS = [
  [],
  ["-O0"],
  ["-O2"],
  ["-no-pie"],
  ["-static"],
  ["-static-pie"],
  ["-shared"],
  ["-Wl,-z,noseparate-code"],
] as const;

/** What the program kept. */
interface Seen {
  readonly hits: bigint;
  readonly cookie: bigint;
  readonly count: number;
  readonly arguments: readonly bigint[];
  readonly errors: readonly number[];
}

/** Of `waggle:widths`: the smallest and the largest of each type, and what lies between. */
const VALUES = [
  [
    -128n,
    255n,
    -32768n,
    65535n,
    -0x8000_0000n,
    0xffff_ffffn,
    -0x8000_0000_0000_0000n,
    0x7fff_ffff_ffff_ffffn,
  ],
  [127n, 128n, 32767n, 32768n, 0x7fff_ffffn, 0x8000_0000n, 0x7fff_ffff_ffff_ffffn, 1n],
  [-1n, 0n, -1n, 0n, -1n, 0n, -1n, 0n],
] as const;
const CONSTANTS = [-7n, 0x123_4567_89abn, 200n];

for (const flags of FLAGS) {
  test(`attachUsdt() hands over what programs of cc ${flags.join(" ")} pass`, { needs: NEEDS }, async () => {
    const target = usdtTarget(...flags);
    for (const name of PROGRAMS) {
      await using object = await load(fixture("usdt"), { only: [name] });
      using _widths = attach(object, name, target.file, "waggle:widths", { cookie: 0x1234_5678_9abc_def0n });
      using _registers = attach(object, name, target.file, "waggle:registers");
      using _memory = attach(object, name, target.file, "waggle:memory");
      for (const values of VALUES) {
        const { pid, pointer } = hit(target, "widths", ...values);
        const seen = seenOf(object, pid);
        assertEquals([...seen.arguments], [...values, pointer, ...CONSTANTS]);
        assertEquals([seen.hits, seen.count, seen.cookie], [1n, 12, 0x1234_5678_9abc_def0n]);
        assertEquals(seen.errors.slice(0, 12), Array(12).fill(0));
        assertEquals(seen.errors[12], -2); // ENOENT: there is no thirteenth
        for (const probe of ["registers", "memory"]) {
          const { count, cookie, arguments: all } = seenOf(object, hit(target, probe, ...values).pid);
          assertEquals([count, cookie, ...all.slice(0, 7)], [7, 0n, ...values.slice(0, 7)]);
        }
      }
    }
  });

  test(
    `listUsdt() finds in programs of cc ${flags.join(" ")} what readelf does`,
    { needs: ["linux", "cc"] },
    () => {
      assertListed(usdtTarget(...flags).file, 16);
    },
  );
}

test("listUsdt() finds the probes of stripped files", { needs: ["linux", "cc"] }, () => {
  assertListed(usdtTarget("-s").file, 16);
});

test("listUsdt() finds what readelf does in the files of this machine", { needs: ["linux", "cc"] }, () => {
  const files = ["-print-prog-name=cc1", "-print-file-name=libstdc++.so.6"].map((flag) =>
    run("cc", [flag]).trim()
  );
  for (const file of [...files, process.execPath].filter((path) => path.startsWith("/"))) {
    assertListed(file, 0);
  }
});

test("listUsdt() finds libraries by their names", { needs: ["linux"] }, () => {
  const path = run("ldd", [process.execPath]).match(/libc\.so\.6 => (\S+)/)?.[1] ?? "";
  assertEquals(listUsdt("libc"), listUsdt(path));
  assertThrows(() => listUsdt("libwaggle"), NotFoundError, "neither in PATH nor among the libraries");
});

test(
  "attachUsdt() sees what the macros of SystemTap declare",
  { needs: [...NEEDS, "systemtap"] },
  async () => {
    for (const flags of [["-O0"], ["-O2"], ["-O2", "-no-pie"], ["-shared"]]) {
      const target = usdtTarget("-DSYSTEMTAP", ...flags);
      assertListed(target.file, 2);
      await using object = await load(fixture("usdt"), { only: [ONE_BY_ONE] });
      for (const values of VALUES) {
        using _link = attach(object, ONE_BY_ONE, target.file, "waggle:widths");
        const { pid, pointer } = hit(target, "widths", ...values);
        assertEquals([...seenOf(object, pid).arguments], [...values, pointer, ...CONSTANTS]);
      }
    }
  },
);

test("attachUsdt() attaches to all places of a probe", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  for (const name of PROGRAMS) {
    const isOne = name === TOGETHER && missing("uprobe-multi") === undefined;
    const type = isOne ? "uprobe_multi" : "perf_event";
    await using object = await load(fixture("usdt"), { only: [name] });
    const attachment = attach(object, name, target.file, "waggle:places");
    assertEquals(attachment.links.map(typeOf), Array(isOne ? 1 : 3).fill(type));
    // Two places have the same arguments, and so one element
    assertEquals(elements(object), 2);
    const { pid } = hit(target, "places", 5);
    assertEquals(seenOf(object, pid).hits, 3n);
    const places = listUsdt(target.file).find((probe) => probe.name === "places")?.places ?? [];
    assertEquals(places.length, 3);
    attachment.close();
    attachment.close();
    assertEquals(await eventually(() => !wasSeen(object, hit(target, "places", 5).pid)), true);
  }
});

test("a program of BPF_USDT() has the arguments as its own", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  await using object = await load(fixture("usdt"), { only: ["on_value"] });
  using _link = attach(object, "on_value", target.file, "waggle:places");
  const { pid } = hit(target, "places", 5);
  assertEquals(object.maps.get("sums", hash(u32, u64)).get(pid), 1000n + 5n + 1000n);
});

test("attachUsdt() without the maps runs programs that want no arguments", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  const { object, hits } = await counter("probes", "on_user");
  await using _object = object;
  for (const probe of ["places", "thirteen", "none", "wide", "unreadable"]) {
    const name = probe === "unreadable" ? "other:unknown" : `waggle:${probe}`;
    using _link = attachUsdt(object.programs.get("on_user"), target.file, name, { cookie: 99n });
    assertEquals(hitsOf(hits, [hit(target, probe).pid]), probe === "places" ? 3 : 1);
  }
  assertEquals([...object.maps.get("cookies", hash(u64, u64))], [[99n, 7n]]);
});

test("attachUsdt() of one process leaves others alone", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  for (const name of PROGRAMS) {
    await using object = await load(fixture("usdt"), { only: [name] });
    for (const pid of [1, 0, process.pid]) {
      using _link = attach(object, name, target.file, "waggle:places", { pid });
      assertEquals(wasSeen(object, hit(target, "places").pid), false);
    }
    await using running = await runner(target.program);
    using _link = attach(object, name, target.file, "waggle:guarded", { pid: running.pid });
    assertEquals([await running.line(), wasSeen(object, running.pid)], ["1", true]);
    assertThrows(
      () => attach(object, name, target.file, "waggle:places", { pid: 0x3f_fff0 }),
      WaggleError,
      "there is no process 4194288",
    );
  }
});

test("attachUsdt() raises the semaphore for as long as it is attached", { needs: NEEDS }, async () => {
  for (const flags of [[], ["-no-pie"], ["-shared"], ["-static-pie"]]) {
    const target = usdtTarget(...flags);
    const places = listUsdt(target.file).find(({ name }) => name === "guarded")?.places;
    assertEquals(places?.[0]?.semaphoreOffset, semaphoreIn(target.file));
    for (const name of PROGRAMS) {
      await using object = await load(fixture("usdt"), { only: [name] });
      await using running = await runner(target.program);
      assertEquals(await running.line(), "0");
      {
        using first = attach(object, name, target.file, "waggle:guarded");
        using _second = attach(object, name, target.file, "waggle:guarded");
        // The kernel counts places, not programs
        assertEquals([await running.line(), hit(target, "guarded").semaphore], ["1", 1]);
        assertEquals(seenOf(object, running.pid).arguments[0], 4711n);
        first.close();
        assertEquals(hit(target, "guarded").semaphore, 1);
      }
      assertEquals(await until(running, "0"), "0");
      assertEquals(hit(target, "guarded").semaphore, 0);
    }
  }
});

test("the semaphore falls when the process that attached is killed", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  for (const name of PROGRAMS) {
    await using running = await runner(target.program);
    const script = startScript(new URL("_usdt_attached.ts", import.meta.url), {
      args: [target.file, name],
      permissions: ["--allow-all"],
    });
    await once(createInterface(script.stdout ?? process.stdin), "line");
    assertEquals(await running.line(), "1");
    script.kill("SIGKILL");
    await once(script, "close");
    assertEquals(await until(running, "0"), "0");
  }
});

test("elements of the map are given back and used again", { needs: NEEDS }, async () => {
  const target = usdtTarget();
  await using object = await load(fixture("usdt"), { only: [ONE_BY_ONE] });
  const { maxEntries } = object.maps.get("__bpf_usdt_specs").info;
  for (let i = 0; i < maxEntries; i++) attach(object, ONE_BY_ONE, target.file, "waggle:places").close();
  using all = attachTimes(maxEntries, () => attach(object, ONE_BY_ONE, target.file, "waggle:none"));
  assertThrows(
    () => attach(object, ONE_BY_ONE, target.file, "waggle:none"),
    MapFullError,
    `map "__bpf_usdt_specs" has all its ${maxEntries} elements in use: compile with a larger BPF_USDT_MAX_SPEC_CNT`,
  );
  // Without arguments it needs none
  attachUsdt(object.programs.get(ONE_BY_ONE), target.file, "waggle:none").close();
  all.dispose();
  using _last = attach(object, ONE_BY_ONE, target.file, "waggle:places", { cookie: 3n });
  const { pid } = hit(target, "places", 5);
  assertEquals(seenOf(object, pid).cookie, 3n);
});

test("a pinned link keeps its elements", { needs: [...NEEDS, "bpffs", "uprobe-multi"] }, async () => {
  const target = usdtTarget();
  await using object = await load(fixture("usdt"), { only: [TOGETHER] });
  const attachment = attach(object, TOGETHER, target.file, "waggle:places", { cookie: 8n });
  const [link] = attachment.links;
  link?.pin(`/sys/fs/bpf/waggle-usdt-${process.pid}`);
  try {
    attachment.close();
    for (let i = 0; i < 3; i++) {
      attachTimes(6, () => attach(object, TOGETHER, target.file, "waggle:none", { cookie: 9n })).dispose();
    }
    assertEquals(seenOf(object, hit(target, "places", 5).pid).cookie, 8n);
  } finally {
    link?.unpin();
  }
});

test("attachUsdt() reads the layout of the map from its types", { needs: NEEDS }, async () => {
  if (process.arch !== "x64") return; // Only its compilers write arguments with an index
  const target = usdtTarget();
  await using object = await load(fixture("usdt_indexed"), { only: ["on_indexed"] });
  for (const value of [-5n, 0x7fff_ffffn]) {
    using _link = attach(object, "on_indexed", target.file, "waggle:indexed", { cookie: 100n });
    const { pid } = hit(target, "indexed", value);
    assertEquals(object.maps.get("sums", hash(u32, u64)).get(pid), value + 100n);
  }
  await using usual = await load(fixture("usdt"), { only: [ONE_BY_ONE] });
  assertThrows(
    () => attach(usual, ONE_BY_ONE, target.file, "waggle:indexed"),
    NotSupportedError,
    "it is found by an index, which takes bpf/usdt.bpf.h of libbpf 1.7",
  );
  assertThrows(
    () => attach(object, "on_indexed", target.file, "waggle:widths"),
    NotSupportedError,
    "it has 12 arguments, and programs can have 3",
  );
});

test("attachUsdt() hands over what libbpf does", { needs: [...NEEDS, "libbpf"] }, async () => {
  const target = usdtTarget();
  const path = fileURLToPath(fixture("usdt"));
  const values = VALUES[0].map(String);
  const theirs = withFolder((folder) => {
    const libbpf = join(folder, "libbpf");
    run("cc", ["-o", libbpf, fileURLToPath(new URL("libbpf_usdt.c", import.meta.url)), "-lbpf"]);
    return ["registers", "memory", "places", "none", "guarded"].map((probe) => {
      const args = [path, target.file, "waggle", probe, "77", target.program, probe, ...values];
      return { probe, facts: JSON.parse(execFileSync(libbpf, args, { encoding: "utf8" })) };
    });
  });
  await using object = await load(fixture("usdt"), { only: [ONE_BY_ONE] });
  for (const { probe, facts } of theirs) {
    using _link = attach(object, ONE_BY_ONE, target.file, `waggle:${probe}`, { cookie: 77n });
    const { hits, cookie, count, arguments: all, errors } = seenOf(
      object,
      hit(target, probe, ...VALUES[0]).pid,
    );
    assertEquals(
      { hits: Number(hits), cookie: Number(cookie), count, arguments: all.map(String), errors: [...errors] },
      facts,
    );
  }
});

for (const flags of [[], ["-shared"], ["-no-pie"]]) {
  const name = `attachUsdt() of cc ${flags.join(" ")} goes by addresses before Linux 5.15`;
  test(name, { needs: [...NEEDS, "btf"] }, async () => {
    const { program, file } = usdtTarget(...flags);
    const fixed = flags.includes("-no-pie");
    const script = new URL("_usdt_without_cookies.ts", import.meta.url);
    const args = [program, file, ...(fixed ? ["fixed"] : [])];
    const { status, stdout, stderr } = await runScript(script, { args, permissions: ["--allow-all"] });
    assertEquals([stderr, status], ["", 0]);
    const { messages, seen, left } = JSON.parse(stdout);
    assertEquals([seen.hits, seen.cookie, seen.count, seen.arguments[0], left], [1, 42, 1, 4711, 0]);
    const [first, second] = fixed ? ["", messages[0]] : messages;
    assertEquals(messages.length, fixed ? 1 : 2);
    assertStringIncludes(
      second,
      "a program of the object is attached to that probe: before Linux 5.15 one can be",
    );
    if (!fixed) {
      assertStringIncludes(
        first,
        'programs see arguments by the address of the probe: give the process by "pid"',
      );
    }
  });
}

test("attachUsdt() says why there is no such probe", { needs: NEEDS }, () => {
  using program = loadProgram({ name: "probe", type: "kprobe", instructions: [mov(r0, 0), exit()] });
  const { file } = usdtTarget();
  const bare = "/bin/true";
  const cases = [
    [file, "waggle:width", 'the file has no such probe: did you mean "waggle:widths"'],
    [file, "wagle:widths", 'the file has no such probe: did you mean "waggle:widths"'],
    [file, "widths", "the file has no such probe: name provider and probe: libc:setjmp"],
    [bare, "libc:setjmp", 'Cannot find USDT probe "libc:setjmp" of "/bin/true": the file has no USDT probes'],
    ["/nonexistent", "a:b", "there is no such file"],
  ] as const;
  for (const [path, probe, message] of cases) {
    assertThrows(() => attachUsdt(program, path, probe), NotFoundError, message);
  }
  assertThrows(() => attachUsdt(program, "/etc/passwd", "a:b"), ElfError, "it is no ELF file");
  const small = readFileSync(file);
  small[4] = 1; // ELFCLASS32
  withFile(small, (path) => {
    assertThrows(() => attachUsdt(program, path, "waggle:widths"), ElfError, "it is no ELF file of 64 bits");
  });
});

test("attachUsdt() says which arguments programs cannot have", { needs: NEEDS }, async () => {
  await using object = await load(fixture("usdt"), { only: [ONE_BY_ONE] });
  const { file } = usdtTarget();
  const cases = [
    ["waggle:thirteen", "it has 13 arguments, and programs can have 12"],
    ["waggle:wide", "it has 16 bytes, not 1, 2, 4 or 8"],
    ["other:unknown", 'argument 0 ("8@$waggle") cannot be read: its place is of an unknown form'],
    ...(process.arch === "x64"
      ? [
        ["waggle:floating", 'argument 0 ("8f@%xmm0") cannot be read: it is a floating-point number'],
        ["waggle:vector", "it is a floating-point number"],
        ["waggle:high", 'programs have no register "ah"'],
      ] as const
      : []),
  ] as const;
  for (const [probe, message] of cases) {
    assertThrows(() => attach(object, ONE_BY_ONE, file, probe), NotSupportedError, message);
  }
  if (process.arch !== "x64") return;
  const stripped = usdtTarget("-s").file;
  attach(object, ONE_BY_ONE, file, "waggle:named").close();
  assertThrows(
    () => attach(object, ONE_BY_ONE, stripped, "waggle:named"),
    NotSupportedError,
    'cannot be read: variable "variable" cannot be found: the file has no such symbol, it may be stripped: attach ' +
      'without "specs", and do without the arguments',
  );
  // Nothing stays in use of what fails
  const { maxEntries } = object.maps.get("__bpf_usdt_specs").info;
  attachTimes(maxEntries, () => attach(object, ONE_BY_ONE, file, "waggle:none")).dispose();
});

test("attachUsdt() refuses programs of another type and other maps", { needs: NEEDS }, async () => {
  await using object = await load(fixture("usdt"), { only: [ONE_BY_ONE] });
  const { file } = usdtTarget();
  using other = loadProgram({ name: "other", type: "xdp", instructions: [mov(r0, 0), exit()] });
  assertThrows(() => attachUsdt(other, file, "waggle:none"), TypeError, "of type xdp, not kprobe");
  using map = createMap(hash(u32, u64), { name: "counts", maxEntries: 1 });
  for (const specs of [map, object.maps.get("seen")]) {
    assertThrows(
      () => attachUsdt(object.programs.get(ONE_BY_ONE), file, "waggle:none", { specs }),
      LayoutError,
      `Cannot use map "${specs.name}" for the arguments of USDT probes: it is no array: take "__bpf_usdt_specs" of an object`,
    );
  }
});

test("listUsdt() of a damaged file ends with an error of ours", { needs: ["linux", "cc"] }, () => {
  const bytes = readFileSync(usdtTarget().file);
  const notes = bytes.indexOf("stapsdt\0");
  const sections = Number(bytes.readBigUInt64LE(40));
  const places = [
    ...Array.from({ length: 64 }, (_, i) => i),
    ...Array.from({ length: 400 }, (_, i) => notes - 12 + i),
    ...Array.from({ length: bytes.length - sections }, (_, i) => sections + i),
  ];
  let refused = 0;
  withFile(bytes, (path) => {
    const file = openSync(path, "r+");
    for (const at of places) {
      for (const flip of [0xff, 1]) {
        writeSync(file, Uint8Array.of((bytes[at] ?? 0) ^ flip), 0, 1, at);
        try {
          listUsdt(path);
        } catch (error) {
          assert(error instanceof ElfError, `byte ${at}: ${error}`);
          refused++;
        }
      }
      writeSync(file, bytes, at, 1, at);
    }
    closeSync(file);
  });
  assert(refused > 200, `only ${refused} were refused`);
  for (const length of [0, 63, 64, notes, notes + 20, bytes.length - 1]) {
    withFile(bytes.subarray(0, length), (path) => {
      assertThrows(() => listUsdt(path), ElfError, "it is cut off or damaged");
    });
  }
});

test("arguments are read as compilers write them", () => {
  // From the comments and the source of libbpf's usdt.c, and what gcc 12 and clang 19 print
  const cases = [
    ["x86_64", "-4@$-9", { kind: "constant", value: -9n }],
    ["x86_64", "8@%rax", { kind: "register", register: 80 }],
    ["x86_64", "1@%r15b", { kind: "register", register: 0 }],
    ["x86_64", "-4@-1204(%rbp)", { kind: "memory", register: 32, offset: -1204n }],
    ["x86_64", "8@(%rsp)", { kind: "memory", register: 152, offset: 0n }],
    ["x86_64", "1@-96(%rbp,%rax,8)", { kind: "indexed", register: 32, index: 80, shift: 3, offset: -96n }],
    ["x86_64", "1@(%rbp,%rax)", { kind: "indexed", register: 32, index: 80, shift: 0, offset: 0n }],
    ["x86_64", "8@48+values(%rip)", { kind: "variable", name: "values", offset: 48n }],
    ["x86_64", "8@values-8(%rip)", { kind: "variable", name: "values", offset: -8n }],
    ["x86_64", "8@-8+a.b(%rip)", { kind: "variable", name: "a.b", offset: -8n }],
    ["aarch64", "4@5", { kind: "constant", value: 5n }],
    ["aarch64", "-8@x4", { kind: "register", register: 32 }],
    ["aarch64", "-4@w30", { kind: "register", register: 240 }],
    ["aarch64", "-4@[sp]", { kind: "memory", register: 248, offset: 0n }],
    ["aarch64", "-4@[sp, 96]", { kind: "memory", register: 248, offset: 96n }],
    ["aarch64", "8@[x29, #-16]", { kind: "memory", register: 232, offset: -16n }],
  ] as const;
  for (const [machine, text, place] of cases) {
    const [, sign, size] = /^(-?)(\d)/.exec(text) ?? [];
    assertEquals(parseArgument(text, machine), { size: Number(size), signed: sign === "-", place });
  }
  const refused = [
    ["x86_64", "8@%rax8", "programs have no register"],
    ["x86_64", "8@(%rax,%rbx,3)", "scaled by 3"],
    ["x86_64", "8@values@GOTPCREL(%rip)", "unknown form"],
    ["x86_64", "3@%rax", "it has 3 bytes"],
    ["x86_64", "%rax", "it has no size and place"],
    ["x86_64", "8@", "it has no size and place"],
    ["aarch64", "8@d0", "floating-point"],
    ["aarch64", "8@x31", "programs have no register"],
    ["aarch64", "8@[x0, x1, lsl 3]", "unknown form"],
    ["aarch64", "8@[sp, 16]!", "unknown form"],
  ] as const;
  for (const [machine, text, message] of refused) {
    assertStringIncludes(String(parseArgument(text, machine)), message);
  }
  assertEquals(splitArguments("-4@[sp, 96] 8@x0  4@5"), ["-4@[sp, 96]", "8@x0", "4@5"]);
  assertEquals(splitArguments(""), []);
});

function attach(
  object: BpfObject,
  program: string,
  file: string,
  probe: string,
  options: UsdtOptions = {},
): UsdtAttachment {
  const specs = object.maps.get("__bpf_usdt_specs");
  return attachUsdt(object.programs.get(program), file, probe, { specs, ...options });
}

function attachTimes(times: number, one: () => UsdtAttachment): DisposableStack {
  using all = new DisposableStack();
  for (let i = 0; i < times; i++) all.use(one());
  return all.move();
}

function seenOf(object: BpfObject, pid: number): Seen {
  const seen = object.maps.get("seen", hash()).get(pid as never);
  if (seen === undefined) throw new Error(`The program did not run in process ${pid}`);
  return seen as unknown as Seen;
}

function wasSeen(object: BpfObject, pid: number): boolean {
  return object.maps.get("seen", hash()).has(pid as never);
}

/** How many elements of the map have arguments. */
function elements(object: BpfObject): number {
  const values = [...object.maps.get("__bpf_usdt_specs", array()).values()] as unknown as {
    readonly arg_cnt: number;
  }[];
  return values.filter(({ arg_cnt }) => arg_cnt > 0).length;
}

function typeOf({ info }: Link): string {
  return info.type;
}

/** Compares with the notes as readelf prints them. */
function assertListed(file: string, least: number): void {
  const printed = printedNotes(file);
  assert(printed.length >= least, `readelf finds ${printed.length} notes in ${file}`);
  const offsetOf = offsetsIn(file);
  const expected = printed.map(({ provider, name, location, semaphore, arguments: text }) =>
    [provider, name, offsetOf(location), semaphore && offsetOf(semaphore), text].join(" ")
  );
  const listed = listUsdt(file).flatMap(({ provider, name, places }) =>
    places.map(({ offset, semaphoreOffset, arguments: all }) =>
      [provider, name, offset, semaphoreOffset ?? 0, all.join(" ")].join(" ")
    )
  );
  assertEquals(listed.sort(), expected.sort());
}

/** Where the counter is in the file, by the address that nm prints. */
function semaphoreIn(file: string): number {
  const line = run("nm", [file]).split("\n").find((one) => one.endsWith(" waggle_guarded_semaphore")) ?? "";
  return offsetsIn(file)(Number.parseInt(line, 16));
}

interface Runner extends AsyncDisposable {
  readonly pid: number;
  /** Has it hit the probe if the counter says so, and say what the counter is. */
  line(): Promise<string>;
}

/** A process that runs the program. */
async function runner(program: string): Promise<Runner> {
  const child: ChildProcess = spawn(program, ["lines", "4711"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout ?? process.stdin)[Symbol.asyncIterator]();
  const line = async () => {
    child.stdin?.write("\n");
    return String((await lines.next()).value);
  };
  await line();
  return {
    pid: child.pid ?? 0,
    line,
    async [Symbol.asyncDispose]() {
      const closed = once(child, "close");
      child.stdin?.end();
      await closed;
    },
  };
}

/** What the counter is once it is what is wanted, or in the end. */
async function until(running: Runner, wanted: string): Promise<string> {
  let last = await running.line();
  for (let i = 0; i < 1000 && last !== wanted; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    last = await running.line();
  }
  return last;
}
