import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync, readlinkSync } from "node:fs";
import { u64 } from "../../src/codec/mod.ts";
import { NotFoundError, NotSupportedError } from "../../src/errors.ts";
import { attachKprobeMulti } from "../../src/link/mod.ts";
import { hash } from "../../src/map/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";
import { missing } from "../_needs.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";

const NEEDS = ["bpf", "kprobe-multi"] as const;
const SYMBOLS = ["do_sys_openat2", "ksys_read"];

for (
  const [name, program, needs, options] of [
    ["attachKprobeMulti()", "on_kernels", NEEDS, { symbols: SYMBOLS }],
    ["attachKprobeMulti() of a session", "on_kernel_session", [...NEEDS, "kprobe-session"], {
      symbols: ["do_sys_openat2"],
      session: true,
    }],
  ] as const
) {
  testLink({
    name,
    type: "kprobe_multi",
    needs,
    fixture: "probes",
    program,
    capability: "CAP_PERFMON",
    wrong: { type: "xdp", message: "the program is of type xdp, not kprobe" },
    attach: (program) => attachKprobeMulti(program, options),
    fire: openFiles,
  });
}

/** Calls openat(2) so many times in this thread, and returns its id. */
function openFiles(count: number): number[] {
  const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  for (let i = 0; i < count; i++) openFile("/dev/null").close();
  return [thread];
}

test(
  "attachKprobeMulti() attaches to what is named, or to what a pattern matches",
  { needs: NEEDS },
  async () => {
    const { object, hits } = await counter("probes", "on_kernels");
    await using _object = object;
    const program = object.programs.get("on_kernels");
    const symbols = readFileSync("/proc/kallsyms", "utf8");
    const address = BigInt(`0x${/^(\w+) . do_sys_openat2$/m.exec(symbols)?.[1]}`);
    for (
      const options of [
        { symbols: SYMBOLS, return: true },
        { addresses: [address] },
        { pattern: "do_sys_open?t2" },
        { pattern: "do_sys_openat*", return: true },
      ]
    ) {
      using link = attachKprobeMulti(program, options);
      hits.set(openFiles(0)[0] ?? 0, 0n);
      assertEquals(hitsOf(hits, openFiles(3)), 3);
      const { info } = link;
      // What these links are is told since Linux 6.6
      if (info.type === "kprobe_multi" && info.count > 0) {
        assertEquals(info.count, "symbols" in options ? 2 : 1);
      }
    }
  },
);

test("attachKprobeMulti() hands each function's cookie to the program", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_kernels");
  await using _object = object;
  const options = { symbols: SYMBOLS, cookies: [7n, 8n] };
  using _link = attachKprobeMulti(object.programs.get("on_kernels"), options);
  openFiles(2);
  readFileSync("/proc/self/status");
  const cookies = object.maps.get("cookies", hash(u64, u64));
  assert(cookies.has(7n) && cookies.has(8n));
});

test("a link to many functions tells of each of them", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_kernels");
  await using _object = object;
  const symbols = readFileSync("/proc/kallsyms", "utf8");
  const cookies = [7n, 8n];
  using link = attachKprobeMulti(object.programs.get("on_kernels"), { symbols: SYMBOLS, cookies });
  const { info } = link;
  // What these links are is told since Linux 6.6, the cookies since 6.9
  if (missing("perf-link-info") !== undefined || info.type !== "kprobe_multi") return;
  const expected = SYMBOLS.map((name, i) => ({
    address: BigInt(`0x${new RegExp(`^(\\w+) . ${name}$`, "m").exec(symbols)?.[1]}`),
    cookie: missing("kprobe-session") === undefined ? cookies[i] ?? 0n : 0n,
  }));
  const sorted = (all: typeof info.places) => all.toSorted((a, b) => a.address < b.address ? -1 : 1);
  assertEquals(sorted(info.places), sorted(expected));
});

test(
  "attachKprobeMulti() of a session runs at calls and returns",
  { needs: [...NEEDS, "kprobe-session"] },
  async () => {
    const { object, hits } = await counter("probes", "on_kernel_session");
    await using _object = object;
    const options = { symbols: ["do_sys_openat2"], session: true };
    const [thread = 0] = openFiles(0);
    using _link = attachKprobeMulti(object.programs.get("on_kernel_session"), options);
    for (const key of [thread, thread + 1_000_000]) hits.set(key, 0n);
    openFile("/dev/null").close();
    assertEquals([hits.get(thread), hits.get(thread + 1_000_000)], [1n, 10n]);
  },
);

test("attachKprobeMulti() explains refusals", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_kernels");
  await using _object = object;
  const program = object.programs.get("on_kernels");
  const attach = (options: Parameters<typeof attachKprobeMulti>[1]) => () =>
    attachKprobeMulti(program, options);
  assertThrows(attach({ symbols: [] }), RangeError, "there are no places to attach to");
  assertThrows(attach({ symbols: SYMBOLS, cookies: [1n] }), RangeError, "there are 1 cookies for 2 places");
  assertThrows(attach({ symbols: ["ksys_reed"] }), NotFoundError, 'did you mean "ksys_read"');
  assertThrows(attach({ pattern: "nothing_of_that_name_*" }), NotFoundError, "matches");
});

test("attachKprobeMulti() says that a kernel cannot", { needs: ["bpf", "no-kprobe"] }, async () => {
  const { object } = await counter("probes", "on_kernels");
  await using _object = object;
  const program = object.programs.get("on_kernels");
  const message = "this kernel is built without probes of its functions";
  assertThrows(() => attachKprobeMulti(program, { symbols: SYMBOLS }), NotSupportedError, message);
  assertThrows(() => attachKprobeMulti(program, { pattern: "tcp_*" }), NotSupportedError, message);
});
