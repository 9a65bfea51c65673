/** Names of functions of processes. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { chmodSync, chownSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import process from "node:process";
import { ClosedError } from "../../src/errors.ts";
import { formatFrame, type Frame, Symbolizer } from "../../src/symbols/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { Build, functionsByNm, type Kind, type Known, Worker } from "./_worker.ts";

const TOOLS = { needs: ["linux", "root", "cc"] } as const;

/** What is asserted of a frame: all but the address. */
function facts({ kind, name, offset, module }: Frame): unknown {
  return { kind, name, offset, module };
}

/** Checks all functions that the program tells of, at their first byte, inside, and at their last byte. */
function checkAll(symbolizer: Symbolizer, worker: Worker, build: Build): void {
  for (const [name, address] of worker.addresses) {
    const module = name === "library_work" ? build.library : build.program;
    const size = functionsByNm(module).find((one) => one.name === name)?.size ?? 0;
    assert(size > 4, name);
    for (const offset of [0, 3, size - 1]) {
      const frame = symbolizer.user(worker.pid, address + BigInt(offset));
      assertEquals(facts(frame), { kind: "user", name, offset, module });
    }
  }
}

for (const kind of ["static", "pie", "library"] satisfies Kind[]) {
  test(`user() names the functions of a program: ${kind}`, TOOLS, async () => {
    using build = new Build(kind);
    await using worker = await Worker.start(build.program);
    using symbolizer = new Symbolizer();
    checkAll(symbolizer, worker, build);
  });
}

test("user() names functions of a process that is gone, if it was observed", TOOLS, async () => {
  using build = new Build("library");
  const worker = await Worker.start(build.program);
  using symbolizer = new Symbolizer();
  using late = new Symbolizer();
  assertEquals(symbolizer.observe(worker.pid), true);
  await worker[Symbol.asyncDispose]();
  checkAll(symbolizer, worker, build);
  assertEquals(late.observe(worker.pid), false);
  const address = worker.address("main");
  assertEquals(formatFrame(late.user(worker.pid, address)), `[unknown] 0x${address.toString(16)}`);
});

test("user() names functions of files that were removed, also when the process is gone", TOOLS, async () => {
  using build = new Build("pie");
  const worker = await Worker.start(build.program);
  rmSync(build.program);
  using symbolizer = new Symbolizer();
  assertEquals(symbolizer.observe(worker.pid), true);
  await worker[Symbol.asyncDispose]();
  assertEquals(facts(symbolizer.user(worker.pid, worker.address("middle") + 1n)), {
    kind: "user",
    name: "middle",
    offset: 1,
    module: build.program,
  });
});

test("user() leaves functions of stripped programs unnamed, and says where they are", TOOLS, async () => {
  using build = new Build("pie");
  const known = functionsByNm(build.program).find(({ name }) => name === "middle");
  run("strip", [build.program]);
  await using worker = await Worker.start(build.program);
  using symbolizer = new Symbolizer();
  const frame = symbolizer.user(worker.pid, worker.address("middle"));
  assertEquals([frame.kind, frame.name, frame.module], ["user", undefined, build.program]);
  // The first segments of small programs are where they are in the file
  assertEquals(frame.offset, known?.address);
  assertEquals(formatFrame(frame), `[unknown] (${build.program}+0x${frame.offset.toString(16)})`);
});

test("user() reads debug files: by .gnu_debuglink with the right checksum only", TOOLS, async () => {
  for (const isRight of [true, false]) {
    using build = new Build("pie", "-Wl,--build-id=none");
    const debug = `${build.program}.debug`;
    run("objcopy", ["--only-keep-debug", build.program, debug]);
    run("strip", [build.program]);
    run("objcopy", [`--add-gnu-debuglink=${debug}`, build.program]);
    if (!isRight) writeFileSync(debug, "x", { flag: "a" });
    await using worker = await Worker.start(build.program);
    using symbolizer = new Symbolizer();
    const { name } = symbolizer.user(worker.pid, worker.address("innermost"));
    assertEquals(name, isRight ? "innermost" : undefined);
  }
});

test("user() reads symbols packed into a stripped file, together with its dynamic ones", TOOLS, async () => {
  for (const isWhole of [true, false]) {
    using build = new Build("library");
    const { library, program } = build;
    const mini = `${library}.mini`;
    const known = functionsByNm(library);
    const dynamic = functionsByNm(library, "-D").map(({ name }) => name);
    const hidden = known.filter(({ name }) => !dynamic.includes(name)).map(({ name }) => name);
    // As gdb's manual makes them, "MiniDebugInfo"
    writeFileSync(`${mini}.keep`, hidden.join("\n"));
    run("objcopy", ["--only-keep-debug", library, `${mini}.debug`]);
    run("objcopy", ["-S", `--keep-symbols=${mini}.keep`, `${mini}.debug`, mini]);
    run("strip", [library]);
    run("xz", ["--keep", mini]);
    if (!isWhole) truncateSync(`${mini}.xz`, 64);
    run("objcopy", ["--add-section", `.gnu_debugdata=${mini}.xz`, library]);
    await using worker = await Worker.start(program);
    using symbolizer = new Symbolizer();
    const start = worker.address("library_work");
    const nameOf = (name: string) => {
      const distance = address(known, name) - address(known, "library_work");
      return symbolizer.user(worker.pid, start + BigInt(distance + 1)).name;
    };
    assertEquals(nameOf("library_work"), "library_work");
    assertEquals(nameOf("hidden_work"), isWhole ? "hidden_work" : undefined);
  }
});

function address(known: readonly Known[], name: string): number {
  const found = known.find((one) => one.name === name);
  assert(found, name);
  return found.address;
}

test("user() reads debug files by build id", TOOLS, async () => {
  using build = new Build("pie", "-Wl,--build-id=sha1");
  const id = /Build ID: ([\da-f]+)/.exec(run("readelf", ["-n", build.program]))?.[1] ?? "";
  const folder = `/usr/lib/debug/.build-id/${id.slice(0, 2)}`;
  run("mkdir", ["-p", folder]);
  const debug = `${folder}/${id.slice(2)}.debug`;
  using _ = { [Symbol.dispose]: () => rmSync(debug, { force: true }) };
  run("objcopy", ["--only-keep-debug", build.program, debug]);
  run("strip", [build.program]);
  await using worker = await Worker.start(build.program);
  using symbolizer = new Symbolizer();
  for (const [name, address] of worker.addresses) {
    assertEquals(symbolizer.user(worker.pid, address + 2n).name, name);
  }
});

test(
  "user() names what a just-in-time compiler wrote last for an address",
  { needs: ["linux", "root"] },
  () => {
    const path = `/tmp/perf-${process.pid}.map`;
    using _ = { [Symbol.dispose]: () => rmSync(path, { force: true }) };
    const name = (symbolizer: Symbolizer, address: bigint) => {
      const { name, offset, kind } = symbolizer.user(process.pid, address);
      return name === undefined ? kind : `${name}+${offset} ${kind}`;
    };
    writeFileSync(
      path,
      "1000 100 first function\nnonsense\n1100 10\n0x1200 0x20 LazyCompile:~a b.js:1\n2000 0 empty\n",
    );
    using symbolizer = new Symbolizer();
    assertEquals([0x1000n, 0x10ffn, 0x1100n, 0x1210n, 0x2000n].map((at) => name(symbolizer, at)), [
      "first function+0 jit",
      "first function+255 jit",
      "unknown",
      "LazyCompile:~a b.js:1+16 jit",
      "unknown",
    ]);
    writeFileSync(path, "1080 10 second\n3000 10 third\n4000 10 half writ", { flag: "a" });
    symbolizer.forget(process.pid);
    assertEquals([0x1080n, 0x1090n, 0x107fn, 0x3001n, 0x4000n].map((at) => name(symbolizer, at)), [
      "second+0 jit",
      "first function+144 jit",
      "first function+127 jit",
      "third+1 jit",
      "unknown",
    ]);
    // Others may write to /tmp
    chownSync(path, 12345, 12345);
    using other = new Symbolizer();
    assertEquals(name(other, 0x3001n), "unknown");
    rmSync(path);
    run("mkfifo", [path]);
    chmodSync(path, 0o666);
    using waiting = new Symbolizer();
    assertEquals(name(waiting, 0x3001n), "unknown");
    rmSync(path);
    symlinkSync("/no/such", path);
    using nowhere = new Symbolizer();
    assertEquals(name(nowhere, 0x3001n), "unknown");
  },
);

test("user() sees a perf map that comes later", TOOLS, async () => {
  const path = `/tmp/perf-${process.pid}.map`;
  using _ = { [Symbol.dispose]: () => rmSync(path, { force: true }) };
  using symbolizer = new Symbolizer();
  assertEquals(symbolizer.user(process.pid, 0x5000n).name, undefined);
  writeFileSync(path, "5000 10 later\n");
  const deadline = performance.now() + 20_000;
  while (symbolizer.user(process.pid, 0x5000n).name !== "later") {
    assert(performance.now() < deadline, "not seen");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("a symbolizer keeps no more processes and bytes than it may, and still answers", TOOLS, async () => {
  using build = new Build("library");
  await using worker = await Worker.start(build.program);
  using symbolizer = new Symbolizer({ maxProcesses: 1, maxBytes: 1 });
  for (let round = 0; round < 3; round++) {
    checkAll(symbolizer, worker, build);
    assertEquals(symbolizer.observe(process.pid), true);
  }
});

test("a symbolizer refuses bounds that are none, and use when it is closed", () => {
  for (const bound of [0, -1, 1.5, NaN]) {
    const message = `Cannot create a symbolizer: maxBytes ${bound} is no positive integer`;
    assertThrows(() => new Symbolizer({ maxBytes: bound }), RangeError, message);
  }
  const symbolizer = new Symbolizer();
  assertThrows(() => symbolizer.stack({ user: [1n] }), TypeError, "its number (pid) is missing");
  symbolizer.close();
  symbolizer.close();
  for (const use of [() => symbolizer.kernel(0n), () => symbolizer.user(1, 0n), () => symbolizer.stack({})]) {
    assertThrows(use, ClosedError, "Cannot use the symbolizer: it is closed");
  }
});

test("formatFrame() writes what is known", () => {
  const frame = {
    address: 0xffff_ffff_8100_0010n,
    kind: "kernel",
    name: "f",
    offset: 16,
    module: undefined,
  } as const;
  assertEquals(formatFrame(frame), "f+0x10");
  assertEquals(formatFrame({ ...frame, module: "nf_tables" }), "f+0x10 [nf_tables]");
  assertEquals(formatFrame({ ...frame, name: undefined }), "[unknown] 0xffffffff81000010");
  assertEquals(formatFrame({ ...frame, kind: "user", module: "/bin/a" }), "f+0x10 (/bin/a)");
  assertEquals(
    formatFrame({ ...frame, kind: "user", name: undefined, module: "/bin/a" }),
    "[unknown] (/bin/a+0x10)",
  );
});
