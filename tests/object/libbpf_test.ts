import { assertEquals } from "@std/assert";
import { rmSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { load } from "../../src/object/mod.ts";
import { bpftool, type Facts, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

/** What of a map must be the same. */
const MAP_FIELDS = ["type", "name", "flags", "bytes_key", "bytes_value", "max_entries", "frozen"];
/** What of a program must be the same. */
const PROGRAM_FIELDS = ["type", "name", "tag", "gpl_compatible", "bytes_xlated"];

/** A program as bpftool shows it. */
interface Shown extends Facts {
  readonly id: number;
  readonly map_ids?: readonly number[];
}

for (const name of ["sections", "task", "calls", "ring", "count"]) {
  test(`load() of ${name}.bpf.o gives the kernel what libbpf gives it`, {
    needs: ["bpf", "btf", "bpffs", "bpftool"],
  }, async () => {
    await using object = await load(fixture(name));
    const folder = `/sys/fs/bpf/waggle-${process.pid}-${name}`;
    run("bpftool", ["prog", "loadall", fileURLToPath(fixture(name)), folder]);
    try {
      const maps = byId(bpftool("map", "show") as Shown[]);
      const programs = byId(bpftool("prog", "show") as Shown[]);
      for (const program of object.programs) {
        const ours = programs.get(program.info.id);
        const theirs = bpftool("prog", "show", "pinned", `${folder}/${program.name}`) as Shown;
        assertEquals(pick(ours, PROGRAM_FIELDS), pick(theirs, PROGRAM_FIELDS));
        assertEquals(mapsOf(maps, ours), mapsOf(maps, theirs));
        assertEquals(code(ours?.id), code(theirs.id));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

function byId(all: readonly Shown[]): Map<number, Shown> {
  return new Map(all.map((one) => [one.id, one]));
}

function pick(facts: Facts = {}, fields: readonly string[]): Facts {
  return Object.fromEntries(fields.map((field) => [field, facts[field]]));
}

/** The maps that a program refers to; libbpf binds constants to programs that do not. */
function mapsOf(maps: ReadonlyMap<number, Shown>, { map_ids = [] }: Partial<Shown> = {}): Facts[] {
  return map_ids.map((id) => pick(maps.get(id), MAP_FIELDS))
    .filter(({ name }) => !String(name).endsWith(".rodata"))
    .toSorted((a, b) => String(a.name).localeCompare(String(b.name)));
}

/** The instructions of a program with their source lines, without what differs from one load to the next. */
function code(id = 0): string {
  return run("bpftool", ["prog", "dump", "xlated", "id", String(id), "linum"])
    .replaceAll(/map\[id:\d+\]/g, "map");
}
