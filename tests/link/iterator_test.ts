import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import process from "node:process";
import { u32, u64 } from "../../src/codec/mod.ts";
import { NotFoundError, SyscallError } from "../../src/errors.ts";
import { attachIterator, IteratorLink, openLink } from "../../src/link/mod.ts";
import { createMap, hash } from "../../src/map/mod.ts";
import { openTask } from "../../src/sys/mod.ts";
import { idsOf, shown } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { counter, testLink } from "./_contract.ts";

const NEEDS = ["bpf", "btf"] as const;

let lastId = 0;

testLink({
  name: "attachIterator()",
  type: "iter",
  needs: NEEDS,
  fixture: "iterators",
  program: "tasks",
  capability: "CAP_PERFMON",
  wrong: {
    type: "xdp",
    message: 'Cannot create an iterator of program "other": the program is of type xdp, not tracing',
  },
  attach(program) {
    const link = attachIterator(program);
    lastId = link.info.id;
    return link;
  },
  fire(count) {
    for (let i = 0; i < count; i++) readById(lastId);
    return [1];
  },
});

/** Reads a list by whatever still holds it: a handle, a pin. */
function readById(id: number): void {
  try {
    using link = openLink({ id });
    assertInstanceOf(link, IteratorLink);
    link.read();
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

test("attachIterator() lists tasks, all or those of a process", { needs: NEEDS }, async () => {
  const { object } = await counter("iterators", "tasks");
  await using _object = object;
  const program = object.programs.get("tasks");
  using all = attachIterator(program);
  const lines = all.lines();
  assert(
    lines.includes(`${process.ppid} ${process.ppid}`) && lines.includes(`${process.pid} ${process.pid}`),
  );
  assertEquals(all.text().endsWith("\n"), true);
  using pidfd = openTask(process.pid);
  for (const options of [{ pid: process.pid }, { taskOf: pidfd }]) {
    using own = attachIterator(program, options);
    assertEquals(own.lines().toSorted(), ownThreads());
  }
  using one = attachIterator(program, { tid: process.pid });
  assertEquals(one.lines(), [`${process.pid} ${process.pid}`]);
  assertEquals(one.info.type === "iter" && [one.info.tid, one.info.pid], [process.pid, 0]);
});

function ownThreads(): string[] {
  return readdirSync("/proc/self/task").map((tid) => `${process.pid} ${tid}`).toSorted();
}

test("attachIterator() lists maps", { needs: [...NEEDS, "bpftool"] }, async () => {
  const { object, hits } = await counter("iterators", "maps");
  await using _object = object;
  using link = attachIterator(object.programs.get("maps"));
  // Maps of others may come and go between the two
  const ids = new Set(link.lines().map(Number));
  const known = idsOf("map");
  assert(ids.has(hits.info.id) && known.includes(hits.info.id));
  assert(known.filter((id) => ids.has(id)).length > 0);
});

test(
  "attachIterator() lists the elements of a map, more than a buffer of",
  { needs: [...NEEDS, "map-elem-iterator"] },
  async () => {
    const { object } = await counter("iterators", "elements");
    await using _object = object;
    const numbers = object.maps.get("numbers", hash(u32, u64));
    const pairs = Array.from({ length: 20_000 }, (_, i) => [i, BigInt(i) ** 3n] as const);
    numbers.setAll(pairs);
    using link = attachIterator(object.programs.get("elements"), { map: numbers });
    const words = new BigUint64Array(link.read().slice().buffer);
    const seen = new Map(
      Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i], words[2 * i + 1]]),
    );
    assertEquals(words.length, 2 * pairs.length);
    for (const [key, value] of pairs) assertEquals(seen.get(BigInt(key)), value);
    numbers.deleteAll(pairs.map(([key]) => key));
    assertEquals(link.read().length, 0);
    assertEquals(link.lines(), []);
    const { target_name, map_id } = shown("link", link.info.id);
    const { info } = link;
    assertEquals([target_name, map_id], ["bpf_map_elem", numbers.info.id]);
    assertEquals(info.type === "iter" && [info.target, info.mapId], ["bpf_map_elem", numbers.info.id]);
  },
);

test("attachIterator() lists cgroups in any order", { needs: [...NEEDS, "cgroup"] }, async () => {
  const { object } = await counter("iterators", "cgroups");
  await using _object = object;
  const program = object.programs.get("cgroups");
  using cgroup = new Cgroup();
  const root = (link: IteratorLink) => link.lines().map(BigInt);
  using self = attachIterator(program, { cgroup: cgroup.path, order: "self" });
  assertEquals(root(self), [cgroup.id]);
  assertEquals(self.info.type === "iter" && self.info.cgroupId, cgroup.id);
  using above = attachIterator(program, { cgroup: cgroup.path, order: "ancestors" });
  assertEquals(root(above)[0], cgroup.id);
  using all = attachIterator(program, { order: "descendants-pre" });
  using last = attachIterator(program, { order: "descendants-post" });
  assertEquals([root(all)[0], root(all).includes(cgroup.id)], [root(above).at(-1), true]);
  assertEquals(root(last).at(-1), root(all)[0]);
});

test("attachIterator() explains refusals", { needs: NEEDS }, async () => {
  const { object } = await counter("iterators", "tasks", "flood");
  await using _object = object;
  const tasks = object.programs.get("tasks");
  using nobody = attachIterator(tasks, { pid: 0x3f_fff0 });
  assertEquals(nobody.lines(), []);
  assertThrows(() => attachIterator(tasks, { pid: 1, tid: 1 }), TypeError, "exclude each other");
  assertThrows(
    () => attachIterator(tasks, { cgroup: "/nonexistent" }),
    NotFoundError,
    "there is no such directory",
  );
  using flood = attachIterator(object.programs.get("flood"));
  assertThrows(() => flood.read(), SyscallError, "more about one object than the kernel has room for");
});

test(
  "attachIterator() explains what maps do not fit",
  { needs: [...NEEDS, "map-elem-iterator"] },
  async () => {
    const { object } = await counter("iterators", "elements");
    await using _object = object;
    const elements = object.programs.get("elements");
    assertThrows(() => attachIterator(elements), SyscallError, "it needs a map");
    using small = createMap(hash(u32, u32), { name: "small", maxEntries: 1 });
    assertThrows(
      () => attachIterator(elements, { map: small }),
      SyscallError,
      "the program reads or writes beyond the keys and values of the map",
    );
  },
);
