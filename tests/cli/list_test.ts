import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { rmdirSync } from "node:fs";
import process from "node:process";
import { arrayOf, createMap, hash, perCpuArray, ring, u32, u8 } from "../../mod.ts";
import { counter, iter, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";
import { shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { parseLines, waggle } from "./_waggle.ts";

const NEEDS = ["root", "bpf", "btf", "tracefs", "bpftool"] as const;

type Line = Readonly<Record<string, unknown>> & { readonly id: number };

/** Programs, maps and links of several types, one of them pinned. */
function objects() {
  const held = new DisposableStack();
  const calls = held.use(counter<string>());
  held.use(tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => calls.count(c.comm)));
  held.use(rawTracepoint("sched_switch", { calls }, (c, { calls }) => calls.count(c.comm)));
  held.use(iter("task", (c) => ({ pid: c.task.pid })));
  held.use(createMap(ring(), { name: "events", maxEntries: 4096 }));
  held.use(createMap(perCpuArray(u32), { name: "numbers", maxEntries: 8 }));
  const pinned = held.use(createMap(hash(u32, arrayOf(u8, 3)), { name: "kept", maxEntries: 10 }));
  const pin = `/sys/fs/bpf/waggle-list-${process.pid}/kept`;
  pinned.pin(pin);
  held.defer(() => {
    pinned.unpin();
    rmdirSync(pin.slice(0, pin.lastIndexOf("/")));
  });
  return Object.assign(held, { pin, id: pinned.info.id });
}

for (const [kind, name] of [["programs", "prog"], ["maps", "map"], ["links", "link"]] as const) {
  test(`waggle list ${kind} --json says what bpftool does`, { needs: NEEDS }, async () => {
    using _held = objects();
    const { status, stdout } = await waggle(["list", kind, "--json", "--pid", String(process.pid)]);
    assertEquals(status, 0);
    const lines = parseLines<Line>(stdout);
    assert(lines.length >= 3);
    for (const line of lines) {
      for (const [member, value] of Object.entries(shown(name, line.id))) {
        // Programs and what hashes have allocated count on, and who else asks is not of the object
        if (["pids", "pinned", "run_cnt", "run_time_ns", "bytes_memlock"].includes(member)) continue;
        assertEquals(line[member], value, `${member} of ${name} ${line.id}`);
      }
    }
  });
}

test("waggle list btf --json says what bpftool does", { needs: NEEDS }, async () => {
  const { stdout } = await waggle(["list", "btf", "--json"]);
  const ours = parseLines<Line>(stdout).find(({ id }) => id === 1);
  const { prog_ids: _programs, map_ids: _maps, ...theirs } = shown("btf", 1);
  for (const [member, value] of Object.entries(theirs)) assertEquals(ours?.[member], value, member);
});

test("waggle list names processes and pins, and lists by them", { needs: NEEDS }, async () => {
  using held = objects();
  const { stdout } = await waggle(["list", "maps", "--json", "--pin", held.pin]);
  const [line, ...others] = parseLines<Line & { pids: { pid: number }[] }>(stdout);
  assertEquals([line?.["pinned"], line?.["name"], others], [[held.pin], "kept", []]);
  assertEquals(line?.pids.map(({ pid }) => pid), [process.pid]);
  const mine = await waggle(["list", "--json", "--pid", String(process.pid)]);
  const kinds = parseLines<Line>(mine.stdout).map(({ kind }) => kind);
  assertEquals([...new Set(kinds)], ["program", "map", "link"]);
  assertEquals(kinds.filter((kind) => kind === "link").length, 3);
  const none = await waggle(["list", "maps", "--pid", "1", "--pin", held.pin]);
  assertEquals([none.status, none.stdout], [0, "none\n"]);
});

test("waggle list prints tables", { needs: NEEDS }, async () => {
  using held = objects();
  const { stdout } = await waggle(["list"]);
  assertEquals(/^programs\n +ID {2}TYPE {2}.*\n/.test(stdout), true, stdout);
  assertStringIncludes(stdout, "\n\nmaps\n");
  assertStringIncludes(stdout, "\n\nlinks\n");
  assertStringIncludes(stdout, held.pin);
  assertStringIncludes(stdout, "target_name task");
});

test("waggle list says which kinds there are", async () => {
  const { status, stderr } = await waggle(["list", "mops"]);
  assertEquals([status, stderr], [
    2,
    'waggle list: Cannot list "mops": there is no such kind: did you mean "maps"?\n',
  ]);
});
