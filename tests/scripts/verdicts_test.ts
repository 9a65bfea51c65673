import { assertEquals } from "@std/assert";
import { compare, type LoadedProgram, parseExceptions, unexplained } from "../../scripts/_verdicts.ts";
import { test } from "../_harness.ts";

const FILE = "objects/probe.bpf.o";
const MAP = { name: "counts", type: 1, keySize: 4, valueSize: 8, maxEntries: 64, flags: 0 };
const PROGRAM = { name: "count", section: "tp/sched/sched_switch", type: 5, attachType: 0 };
const LOADED = { ok: true, instructions: 9, loadedTag: "f3ba237f53a964d6" };
const OURS: LoadedProgram = { name: "count", tag: LOADED.loadedTag, ...LOADED };

const verdict = { file: FILE, ok: true, maps: [MAP], programs: [{ ...PROGRAM, ...LOADED }] };
const inspected = { file: FILE, ok: true, maps: [MAP], programs: [PROGRAM] };

/** The differences of an object whose program we load like this. */
function differencesOf(program: LoadedProgram): string[] {
  return compare([verdict], [inspected], [{ file: FILE, programs: [program] }])
    .differences.map(({ object, name, text }) => `${object}: ${name}: ${text}`);
}

test("compare() counts what agrees", () => {
  assertEquals(compare([verdict], [inspected], [{ file: FILE, programs: [OURS] }]), {
    differences: [],
    loaded: 1,
    agreed: 1,
    loadedOnlyHere: 0,
  });
});

test("compare() tells how a program is loaded otherwise", () => {
  const other = "0000000000000000";
  assertEquals(differencesOf({ ...OURS, ok: false, error: "EINVAL" }), [
    "probe: count: libbpf loads it, we do not: EINVAL",
  ]);
  assertEquals(differencesOf({ ...OURS, tag: other }), [
    `probe: count: its tag is ${LOADED.loadedTag}, not ${other} as we compute it`,
  ]);
  assertEquals(differencesOf({ ...OURS, tag: other, loadedTag: other }), [
    `probe: count: its tag is ${other}, with libbpf ${LOADED.loadedTag}`,
  ]);
  assertEquals(differencesOf({ ...OURS, instructions: 10 }), [
    "probe: count: it has 10 instructions, with libbpf 9",
  ]);
});

test("compare() tells which maps and programs are opened otherwise", () => {
  const loaded = [{ file: FILE, programs: [OURS] }];
  const maps = [{ ...MAP, maxEntries: 65 }, { ...MAP, name: "more" }];
  assertEquals(compare([verdict], [{ ...inspected, maps, programs: [] }], loaded).differences, [
    { object: "probe", name: "counts", text: "maxEntries is 65, with libbpf 64" },
    { object: "probe", name: "more", text: "libbpf does not have it" },
    { object: "probe", name: "count", text: "we do not have it" },
  ]);
  assertEquals(compare([verdict], [], loaded).differences, [
    { object: "probe", name: "", text: "libbpf opens it, we do not: no answer" },
  ]);
});

test("compare() counts what only we open and load", () => {
  const refused = { file: FILE, ok: false, programs: [] };
  const loaded = [{ file: FILE, programs: [OURS] }];
  const { loadedOnlyHere, differences } = compare([refused], [inspected], loaded);
  assertEquals([loadedOnlyHere, differences], [1, []]);
});

test("unexplained() leaves out the rows of the table", () => {
  const exceptions = parseExceptions("| object | name |\n| --- | --- |\n| `probe` | `counts` | why |\n");
  assertEquals(exceptions, [{ object: "probe", name: "counts" }]);
  const [counts, more] = ["counts", "more"].map((name) => ({ object: "probe", name, text: "" }));
  assertEquals(counts && more && unexplained([counts, more], exceptions), [more]);
});
