/**
 * Compares what libbpf makes of objects with what `waggle inspect` and `waggle load --each` make of them.
 *
 * @module
 */

import { basename } from "node:path/posix";

/** What libbpf says about an object: a line of `libbpf_verdict.c`. */
export interface Verdict {
  readonly file: string;
  /** Whether libbpf opens it; there are no maps and programs otherwise. */
  readonly ok: boolean;
  readonly maps?: readonly MapFacts[];
  readonly programs: readonly LibbpfProgram[];
}

/** A map as it is opened. */
export interface MapFacts {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/** A program as it is opened. */
export interface ProgramFacts {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly attachType: number;
}

/** A program as it is opened by libbpf, and what becomes of it when it is loaded alone. */
export interface LibbpfProgram extends ProgramFacts {
  readonly ok: boolean;
  readonly instructions?: number;
  readonly loadedTag?: string;
}

/** A line of `waggle inspect --json`. */
export interface Inspected {
  readonly file: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly maps?: readonly MapFacts[];
  readonly programs?: readonly ProgramFacts[];
}

/** A line of `waggle load --json --each`. */
export interface Loaded {
  readonly file: string;
  readonly programs: readonly LoadedProgram[];
}

/** A program loaded alone. */
export interface LoadedProgram {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly instructions: number;
  readonly tag?: string;
  readonly loadedTag?: string;
}

/** Where we are at odds with libbpf. */
export interface Difference {
  readonly object: string;
  /** Of the map or program; empty for the object itself. */
  readonly name: string;
  readonly text: string;
}

/** What a comparison amounts to. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** Programs that libbpf loads. */
  readonly loaded: number;
  /** Those of them that we load with the same instructions. */
  readonly agreed: number;
  /** Programs that we load and libbpf does not. */
  readonly loadedOnlyHere: number;
}

/** `BPF_PROG_TYPE_UNSPEC`: libbpf opens such a program, and does not load it. */
const UNSPEC = 0;
/** `BPF_PROG_TYPE_STRUCT_OPS`. */
const STRUCT_OPS = 27;

/** The lines of a program's output. */
export function parseLines<T>(output: string): T[] {
  return output.split("\n").filter((line) => line !== "").map((line): T => JSON.parse(line));
}

/** Compares all objects that libbpf has a verdict on; what it does not open or load we may. */
export function compare(
  verdicts: readonly Verdict[],
  inspected: readonly Inspected[],
  loaded: readonly Loaded[],
): Comparison {
  const inspectedBy = byKey(inspected, ({ file }) => file);
  const loadedBy = byKey(loaded, ({ file }) => file);
  const differences: Difference[] = [];
  const counts = { loaded: 0, agreed: 0, loadedOnlyHere: 0 };
  for (const verdict of verdicts) {
    const { file, programs } = verdict;
    const ours = loadedBy.get(file)?.programs ?? [];
    const theirs = programs.filter(({ ok }) => ok);
    const taken = new Set(theirs.map(({ name }) => name));
    const opened = verdict.ok ? compareOpened(verdict, inspectedBy.get(file)) : [];
    const odds = compareLoaded(theirs, ours);
    counts.loaded += theirs.length;
    counts.agreed += theirs.length - odds.length;
    counts.loadedOnlyHere += ours.filter(({ name, ok }) => ok && !taken.has(name)).length;
    const object = basename(file, ".bpf.o");
    differences.push(...[...opened, ...odds].map(([name, text]) => ({ object, name, text })));
  }
  return { differences, ...counts };
}

type Found = readonly [name: string, text: string];

function compareOpened({ maps = [], programs }: Verdict, inspected: Inspected | undefined): Found[] {
  if (!inspected?.ok) return [["", `libbpf opens it, we do not: ${inspected?.error ?? "no answer"}`]];
  return [
    ...compareNamed(maps, inspected.maps ?? []),
    ...compareNamed(
      programs.filter((program) => !isLonelyText(program)).map(comparable),
      inspected.programs ?? [],
    ),
  ];
}

/** With nothing in any other section, libbpf takes the functions of `.text`, which only others call, for programs. */
function isLonelyText({ section, type }: LibbpfProgram): boolean {
  return section === ".text" && type === UNSPEC;
}

/** What of a program must be the same. */
function comparable({ name, section, type, attachType }: LibbpfProgram): Partial<ProgramFacts> & Named {
  // libbpf takes whole section names only; we also take what begins like one, `xdp_drop`, as it did before 1.0.
  if (type === UNSPEC) return { name, section };
  // Debian's libbpf fills in which member of the struct it is, as the object counts them; the kernel may count otherwise.
  if (type === STRUCT_OPS) return { name, section, type };
  return { name, section, type, attachType };
}

interface Named {
  readonly name: string;
}

function compareNamed(theirs: readonly Named[], ours: readonly Named[]): Found[] {
  const byName = byKey(ours, ({ name }) => name);
  const known = new Set(theirs.map(({ name }) => name));
  const unknown = ours.filter(({ name }) => !known.has(name));
  return [
    ...theirs.flatMap((it) => compareFields(it, byName.get(it.name))),
    ...unknown.map(({ name }): Found => [name, "libbpf does not have it"]),
  ];
}

function compareFields(theirs: Named, ours: Named | undefined): Found[] {
  if (ours === undefined) return [[theirs.name, "we do not have it"]];
  const values = new Map<string, unknown>(Object.entries(ours));
  return Object.entries(theirs).filter(([key, value]) => values.get(key) !== value)
    .map(([key, value]) => [theirs.name, `${key} is ${values.get(key)}, with libbpf ${value}`]);
}

function compareLoaded(theirs: readonly LibbpfProgram[], ours: readonly LoadedProgram[]): Found[] {
  const byName = byKey(ours, ({ name }) => name);
  return theirs.flatMap((program): Found[] => {
    const fault = faultOf(program, byName.get(program.name));
    return fault === undefined ? [] : [[program.name, fault]];
  });
}

/** What is wrong with a program that libbpf loads, if anything. */
function faultOf(theirs: LibbpfProgram, ours: LoadedProgram | undefined): string | undefined {
  if (!ours?.ok) return `libbpf loads it, we do not: ${ours?.error ?? "no answer"}`;
  const { tag, loadedTag, instructions } = ours;
  if (tag !== loadedTag) return `its tag is ${loadedTag}, not ${tag} as we compute it`;
  if (loadedTag !== theirs.loadedTag) return `its tag is ${loadedTag}, with libbpf ${theirs.loadedTag}`;
  if (instructions === theirs.instructions) return undefined;
  return `it has ${instructions} instructions, with libbpf ${theirs.instructions}`;
}

function byKey<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [keyOf(item), item]));
}

/** A difference that is as it should be: a row of tests/conformance.md. */
export interface Exception {
  readonly object: string;
  readonly name: string;
}

/** The rows `| object | name | reason |` of the table in tests/conformance.md. */
export function parseExceptions(markdown: string): Exception[] {
  return [...markdown.matchAll(/^\| `([^`]+)` +\| `([^`]*)` +\|/gm)]
    .map(([, object = "", name = ""]) => ({ object, name }));
}

/** The differences that are no exception. */
export function unexplained(
  differences: readonly Difference[],
  exceptions: readonly Exception[],
): Difference[] {
  return differences.filter(({ object, name }) =>
    !exceptions.some((exception) => exception.object === object && exception.name === name)
  );
}
