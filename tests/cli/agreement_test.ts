/** What `waggle list` and `waggle dump` print of every program, map and link of all objects of tests/bpf, beside bpftool. */
import { assert, assertEquals } from "@std/assert";
import { readdirSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { dumpMap } from "../../src/cli/dump/map.ts";
import { dumpProgram } from "../../src/cli/dump/program.ts";
import type { Held, Listing } from "../../src/cli/list/listing.ts";
import { links } from "../../src/cli/list/links.ts";
import { maps } from "../../src/cli/list/maps.ts";
import { programs } from "../../src/cli/list/programs.ts";
import { WaggleError } from "../../src/errors.ts";
import { attachAll, type BpfObject, load } from "../../src/object/mod.ts";
import { jsonLine } from "../../src/output/mod.ts";
import { bpftool, type Facts, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const NEEDS = { needs: ["root", "bpf", "btf", "tracefs", "bpffs", "bpftool"] } as const;
const NAMES = readdirSync(fileURLToPath(new URL("../bpf/", import.meta.url)))
  .filter((file) => file.endsWith(".bpf.o")).map((file) => file.slice(0, -".bpf.o".length));

/** Objects of all names that this kernel takes, with what of them can be attached as their sections say. */
async function all(): Promise<
  AsyncDisposable & { readonly objects: readonly BpfObject[]; readonly attached: number }
> {
  const held = new AsyncDisposableStack();
  const objects: BpfObject[] = [];
  let attached = 0;
  for (const name of NAMES) {
    try {
      const object = held.use(await load(fixture(name), { load: "optional" }));
      objects.push(object);
      const links = attachAll(object, { attach: "optional" });
      held.defer(() => links.close());
      attached += [...links].length;
    } catch (error) {
      if (!(error instanceof WaggleError || error instanceof RangeError)) throw error;
    }
  }
  return Object.assign(held, { objects, attached });
}

/** Counts go on, what hashes have allocated changes, and who asks is not of the object. */
const CHANGES = ["pids", "pinned", "run_cnt", "run_time_ns", "recursion_misses", "bytes_memlock"];

function assertListed(kind: "prog" | "map" | "link", listing: Listing<Held>, ids: ReadonlySet<number>): void {
  const theirs = new Map(
    (bpftool(kind, "show") as (Facts & { id: number })[]).map((facts) => [facts.id, facts]),
  );
  const ours = listing.rows().filter(({ id }) => ids.has(id));
  assertEquals(ours.length, ids.size);
  for (const row of ours) {
    const record = JSON.parse(jsonLine(listing.record(row)));
    for (const [member, value] of Object.entries(theirs.get(row.id) ?? { missing: true })) {
      // This bpftool may be older than the kernel, and have numbers for what it does not know
      if (CHANGES.includes(member) || ["type", "attach_type"].includes(member) && typeof value === "number") {
        continue;
      }
      // In a list it shows what a map has no BTF for with that of the one before (`do_show`)
      if (member === "btf_id" && record.btf_id === undefined) continue;
      assertEquals([kind, row.id, member, record[member]], [kind, row.id, member, value]);
    }
  }
}

test(
  "list and dump say of every program, map and link of the tests' objects what bpftool says",
  NEEDS,
  async () => {
    await using held = await all();
    const [progs, allMaps] = [
      held.objects.flatMap((object) => [...object.programs]),
      held.objects.flatMap((object) => [...object.maps]),
    ];
    assert(
      progs.length > 80 && allMaps.length > 80 && held.attached > 10,
      `${progs.length} ${allMaps.length} ${held.attached}`,
    );

    const idsOf = (things: readonly { info: { id: number } }[]) => new Set(things.map(({ info }) => info.id));
    assertListed("prog", programs as unknown as Listing<Held>, idsOf(progs));
    assertListed("map", maps as unknown as Listing<Held>, idsOf(allMaps));
    const programIds = idsOf(progs);
    const linkRows = links.rows().filter((row) =>
      programIds.has((row as unknown as { programId: number }).programId)
    );
    assertListed("link", links as unknown as Listing<Held>, new Set(linkRows.map(({ id }) => id)));
    assert(linkRows.length > 5, `${linkRows.length} links`);

    let dumped = 0;
    for (const { info: { id, type, name, keySize, maxEntries } } of allMaps) {
      if (keySize === 0 || maxEntries > 1000 || UNLISTED.test(type) || name === NARROW) continue;
      const ours = [...dumpMap({ what: String(id), names: [], json: true })].map((one) =>
        JSON.parse(jsonLine(one))
      );
      // Places that are empty are errors to bpftool
      const theirs = (bpftool("map", "dump", "id", id) as { value?: { error?: string } }[])
        .filter(({ value }) => value?.error === undefined);
      assertEquals([id, type, ours], [id, type, textsOf(ours, theirs)]);
      dumped++;
    }
    assert(dumped > 40, `${dumped} maps`);

    // Each asks for the kernel's symbols, which takes a quarter of a second; `WAGGLE_DUMPS=all` asks for all
    const step = process.env["WAGGLE_DUMPS"] === "all" ? 1 : 10;
    for (const { info: { id } } of progs.filter((_, i) => i % step === 0)) {
      const ours = [...dumpProgram({ what: String(id), names: [], json: true })] as { text: string }[];
      const theirs = bpftool("prog", "dump", "xlated", "id", id) as { disasm: string }[];
      assertEquals([id, ours.length], [id, theirs.length]);
      theirs.forEach(({ disasm }, i) => {
        // Each names what is called and referred to in its own way, and this bpftool may not know an instruction
        if (!/call|map\[|subprog|bpf_|__percpu|may_goto|BUG/.test(disasm + ours[i]?.text)) {
          assertEquals([id, i, plain(ours[i]?.text)], [id, i, plain(disasm)]);
        }
      });
    }
  },
);

/** Values of 4 bytes have no room for the cookies of sockets (`sock_map_lookup_sys`). */
const NARROW = "narrow";

/** The kernel lists no elements of these: what they hold is of inodes, tasks and events. */
const UNLISTED = /_storage$|^perf_event_array$|^cgroup_array$|^reuseport_sockarray$|^xskmap$/;

function plain(text: string | undefined): string | undefined {
  return text?.replace(/ +/g, " ");
}

/** What bpftool says, with texts where we have any: it has numbers in place of one with control characters in it. */
function textsOf(ours: unknown, theirs: unknown): unknown {
  if (typeof ours === "string" && Array.isArray(theirs)) {
    const end = theirs.indexOf(0);
    return String.fromCharCode(...theirs.slice(0, end < 0 ? undefined : end));
  }
  // It prints bitfields in hexadecimal
  if (typeof ours === "number" && typeof theirs === "string" && Number(theirs) === ours) return ours;
  // Beyond 2^53 ours are texts, and what JSON.parse() makes of theirs is near them
  if (typeof ours === "string" && typeof theirs === "number" && Number(ours) === theirs) return ours;
  if (Array.isArray(theirs)) {
    return theirs.map((one, i) => textsOf(Array.isArray(ours) ? ours[i] : undefined, one));
  }
  if (typeof theirs !== "object" || theirs === null) return theirs;
  const own = (typeof ours === "object" && ours !== null ? ours : {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(theirs).map(([name, one]) => [name, textsOf(own[name], one)]));
}
