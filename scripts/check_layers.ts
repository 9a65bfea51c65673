/**
 * Checks who imports whom, where a runtime may be named, and how long a file is.
 *
 * Arrows point down only: a room imports rooms of a lower rank, by their `mod.ts` or `core.ts`. `_x.ts` stays in its folder. The
 * pure half gives the same result on any machine, so it never imports the kernel half; only `src/sys` imports `ffi`.
 *
 * @module
 */

import { dirname, join, relative } from "node:path/posix";
import { ROOT } from "./_deno.ts";

interface Room {
  readonly rank: number;
  readonly half: "pure" | "kernel" | "user";
}

/** Every room, lowest first. Files at the top of `src` and the front door count as rooms of their own. */
export const ROOMS: Readonly<Record<string, Room>> = {
  "src/errors.ts": { rank: 0, half: "pure" },
  "src/names.ts": { rank: 0, half: "pure" },
  "src/uapi": { rank: 0, half: "pure" },
  "ffi": { rank: 1, half: "kernel" },
  "src/asm": { rank: 1, half: "pure" },
  "src/codec": { rank: 1, half: "pure" },
  "src/btf": { rank: 2, half: "pure" },
  "src/spec": { rank: 3, half: "pure" },
  "src/relocate": { rank: 3, half: "pure" },
  "src/vm": { rank: 3, half: "pure" },
  "src/elf": { rank: 4, half: "pure" },
  "src/linker": { rank: 5, half: "pure" },
  "src/lang": { rank: 5, half: "pure" },
  "src/generate": { rank: 6, half: "pure" },
  "src/sys": { rank: 2, half: "kernel" },
  "src/kernel": { rank: 3, half: "kernel" },
  "src/executable": { rank: 3, half: "kernel" },
  "src/program": { rank: 4, half: "kernel" },
  "src/map": { rank: 5, half: "kernel" },
  "src/link": { rank: 5, half: "kernel" },
  "src/features": { rank: 6, half: "kernel" },
  "src/ring": { rank: 6, half: "kernel" },
  "src/symbols": { rank: 6, half: "kernel" },
  "src/object": { rank: 7, half: "kernel" },
  "src/output": { rank: 7, half: "user" },
  "src/report": { rank: 8, half: "user" },
  "src/trace": { rank: 8, half: "user" },
  "src/testing": { rank: 9, half: "user" },
  "src/bpftrace": { rank: 9, half: "user" },
  "src/cli": { rank: 10, half: "user" },
  "mod.ts": { rank: 10, half: "user" },
};

/**
 * How a room is entered: by its `mod.ts`, or by its `core.ts` where it has one with what most scripts load; files that
 * are rooms of their own by themselves. What scripts of bpftrace need of two rooms is loaded without the
 * rest of them.
 */
const DOORS = ["", "/mod.ts", "/core.ts", "/bpftrace/mod.ts", "/places.ts"];

/** Rooms that only one other may enter. */
const ONLY_ENTERED_BY: Readonly<Record<string, string>> = { "ffi": "src/sys" };

/**
 * Packages and built-in modules, and where they may be imported.
 *
 * Nothing a plain script loads is among them: `node:process` alone makes Deno start 15 ms later.
 */
const EXTERNAL: readonly { readonly name: RegExp; readonly where: RegExp }[] = [
  { name: /^node:/, where: /^src\/cli\/|^src\/kernel\/kconfig\.ts$/ },
  { name: /^@std\//, where: /^src\/cli\// },
  { name: /^(npm:)?acorn\b/, where: /^src\/lang\// },
  { name: /^(npm:)?pprof-format$/, where: /^src\/output\/pprof\.ts$/ },
];

/** What may be named in few places only. */
const NAMED_ONLY: readonly { readonly name: string; readonly pattern: RegExp; readonly where: RegExp }[] = [
  { name: "Deno", pattern: /\bDeno\b/, where: /^ffi\/deno\w*\.ts$/ },
  { name: "Bun", pattern: /\bBun\b|"bun:/, where: /^ffi\/bun\w*\.ts$/ },
  { name: "new Function", pattern: /\bnew Function\b/, where: /^src\/codec\/compile\.ts$/ },
  { name: "console", pattern: /\bconsole\b/, where: /^src\/(cli|output)\// },
];

const LONGEST = 400;

/** Files that may be longer, and why. */
const LONG_FILES: readonly RegExp[] = [
  /^src\/uapi\//, // generated from the kernel's BTF
];

interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

/** Checks the sources, given by their path in the repository; returns one line a violation. */
export function checkLayers(sources: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const code = blank(source, COMMENTS);
    const imports = importsOf(code);
    for (const { specifier, line } of imports) {
      const fault = faultOf(path, specifier);
      if (fault !== undefined) violations.push(`${path}:${line}: ${fault}`);
    }
    graph.set(path, imports.filter((it) => !it.typeOnly).map((it) => target(path, it.specifier)));
    violations.push(...misnamed(path, code));
    const lines = source.split("\n").length - 1;
    if (lines > LONGEST && !LONG_FILES.some((file) => file.test(path))) {
      violations.push(`${path}: ${lines} lines, more than ${LONGEST}`);
    }
  }
  return [...violations, ...cycles(graph)];
}

/** What is wrong with an import, if anything. */
function faultOf(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) {
    const allowed = EXTERNAL.some(({ name, where }) => name.test(specifier) && where.test(path));
    return allowed ? undefined : `may not import "${specifier}"`;
  }
  const to = target(path, specifier);
  const [fromName, toName] = [roomOf(path), roomOf(to)];
  const [from, into] = [ROOMS[fromName], ROOMS[toName]];
  if (from === undefined) return `${fromName} is not in the table of rooms`;
  if (into === undefined) return `${toName} is not in the table of rooms`;
  if (to.includes("/_") && dirname(to) !== dirname(path)) return `${to} is private to its folder`;
  if (fromName === toName) return undefined;
  if (!DOORS.some((door) => to === toName + door)) return `enters ${toName} by ${to} instead of its mod.ts`;
  const sole = ONLY_ENTERED_BY[toName];
  if (sole !== undefined && sole !== fromName) return `only ${sole} may import ${toName}`;
  if (from.half === "pure" && into.half !== "pure") return `the pure half may not import ${toName}`;
  if (into.rank > 0 && into.rank >= from.rank) return `${fromName} may not import ${toName}: not below it`;
  return undefined;
}

function target(path: string, specifier: string): string {
  return specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
}

/** `src/btf/parse.ts` is of `src/btf`, `ffi/deno.ts` of `ffi`, `src/errors.ts` and `mod.ts` of themselves. */
function roomOf(path: string): string {
  return path.split("/").slice(0, path.startsWith("src/") ? 2 : 1).join("/");
}

const STRINGS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
const COMMENTS = /\/\/.*|\/\*[^]*?\*\//;

/** The text with what matches replaced by spaces, lines kept; what looks like a comment inside a string is none. */
function blank(text: string, what: RegExp): string {
  const either = new RegExp(`(${what.source})|${STRINGS.source}`, "g");
  return text.replace(either, (match, hit) => hit === undefined ? match : match.replace(/[^\n]/g, " "));
}

function importsOf(code: string): Import[] {
  const statement =
    /\b(?:import|export)\s(type\s)?[\w\s{},*$]*?\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g;
  return [...code.matchAll(statement)].map((match) => ({
    specifier: match[2] ?? match[3] ?? "",
    line: lineAt(code, match.index),
    typeOnly: match[1] !== undefined,
  }));
}

function misnamed(path: string, code: string): string[] {
  const bare = code.replace(
    new RegExp(STRINGS, "g"),
    (text) => text.startsWith('"bun:') ? text : text.replace(/[^\n]/g, " "),
  );
  const violations: string[] = [];
  for (const { name, pattern, where } of NAMED_ONLY) {
    const match = where.test(path) ? null : pattern.exec(bare);
    if (match !== null) violations.push(`${path}:${lineAt(bare, match.index)}: may not name ${name}`);
  }
  return violations;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** One line a cycle; a type alone makes none. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push(`${path}: imports itself: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
    }
    if (done.has(path) || trail.includes(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

/** The library's sources by their path in the repository. */
async function readSources(): Promise<Map<string, string>> {
  const paths = [join(ROOT, "mod.ts")];
  for (const folder of ["src", "ffi"]) paths.push(...await Array.fromAsync(sourceFiles(join(ROOT, folder))));
  const read = async (path: string) => [relative(ROOT, path), await Deno.readTextFile(path)] as const;
  return new Map(await Promise.all(paths.sort().map(read)));
}

if (import.meta.main) {
  const sources = await readSources();
  const violations = checkLayers(sources);
  for (const violation of violations) console.error(violation);
  console.log(`${sources.size} files, ${violations.length} violations`);
  Deno.exit(violations.length === 0 ? 0 : 1);
}
