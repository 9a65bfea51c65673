/**
 * Attach points: which places of the machine they name.
 *
 * @module
 */
import { PermissionError } from "../errors.ts";
import { closest, kernelBtf, kernelFunctions, readTracefs } from "../kernel/mod.ts";
import { type AttachPoint, type ContextSpec, Fault, type Site } from "../lang/bpftrace/mod.ts";
import { functionTypes, tracepointFields, type UsdtWays, usdtWays } from "../trace/places.ts";

/** A place to attach to. */
export interface Target extends Site {
  /** The parts of its name, with the kind first. */
  readonly parts: readonly string[];
  /** The places of a USDT probe. */
  readonly usdt?: UsdtWays;
}

/** Kinds by their short names. */
const SHORT: Readonly<Record<string, string>> = {
  t: "tracepoint",
  rt: "rawtracepoint",
  k: "kprobe",
  kr: "kretprobe",
  f: "kfunc",
  fr: "kretfunc",
  fentry: "kfunc",
  fexit: "kretfunc",
  u: "uprobe",
  ur: "uretprobe",
  U: "usdt",
  p: "profile",
  i: "interval",
  s: "software",
  h: "hardware",
};

type Resolver = (point: AttachPoint, kind: string, parts: readonly string[]) => Target[];

const RESOLVERS: Readonly<Record<string, Resolver>> = {
  BEGIN: (_, kind) => [target([kind], { kind: "plain" })],
  END: (_, kind) => [target([kind], { kind: "plain" })],
  tracepoint: tracepoints,
  rawtracepoint: rawTracepoints,
  kprobe: (point, kind, parts) => functions(point, kind, parts, "call"),
  kretprobe: (point, kind, parts) => functions(point, kind, parts, "return"),
  kfunc: (point, kind, parts) => trampolines(point, kind, parts, false),
  kretfunc: (point, kind, parts) => trampolines(point, kind, parts, true),
  uprobe: (point, kind, parts) => userFunctions(point, kind, parts, "call"),
  uretprobe: (point, kind, parts) => userFunctions(point, kind, parts, "return"),
  usdt: (point, kind, parts) => {
    const [path = "", ...name] = parts;
    if (name.length !== 2) throw malformed(point, "usdt:file:provider:probe");
    const usdt = usdtWays(path, name.join(":"));
    const context = { kind: "usdt", ways: usdt.ways } as const;
    return [{ ...target([kind, ...parts], context), path, function: parts.at(-1), usdt }];
  },
  profile: timer,
  interval: timer,
  software: counted,
  hardware: counted,
};

/**
 * The places that an attach point names; none where a pattern matches nothing.
 *
 * @throws {Fault} It cannot be understood.
 */
export function targetsOf(point: AttachPoint, parameters: readonly string[]): Target[] {
  const [given = "", ...rest] = point.parts.map((part) => filledIn(part, parameters));
  const kind = Object.hasOwn(SHORT, given) ? SHORT[given] ?? given : given;
  const resolve = Object.hasOwn(RESOLVERS, kind) ? RESOLVERS[kind] : undefined;
  if (!resolve) {
    throw new Fault(
      point.place,
      `there is no probe type "${given}"${closest(given, Object.keys(RESOLVERS))}`,
    );
  }
  return resolve(point, kind, rest);
}

/** `$1` in a name. */
function filledIn(part: string, parameters: readonly string[]): string {
  return part.replace(/\$(\d+)/g, (_, index: string) => parameters[Number(index) - 1] ?? "");
}

function target(parts: readonly string[], context: ContextSpec): Target {
  return {
    probe: parts.join(":"),
    kind: parts[0] ?? "",
    parts,
    context,
    function: undefined,
    path: undefined,
  };
}

function malformed({ place, text }: AttachPoint, form: string): Fault {
  return new Fault(place, `"${text}" is not of the form ${form}`);
}

/** Whether a name is a pattern. */
function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

/** A regular expression for a pattern of bpftrace: `*` is any text, `?` any character, `[…]` one of several. */
export function patternOf(pattern: string): RegExp {
  const literal = pattern.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${literal}$`);
}

function tracepoints(point: AttachPoint, kind: string, parts: readonly string[]): Target[] {
  const [group = "", name = ""] = parts;
  if (parts.length !== 2 || group === "" || name === "") throw malformed(point, "tracepoint:group:event");
  const names = isPattern(group + name) ? availableEvents(group, name) : [[group, name] as const];
  return names.map(([group, name]) => {
    const space = group === "syscalls" ? "user" : "kernel";
    return target([kind, group, name], {
      kind: "fields",
      space,
      // Read when one is named
      get fields() {
        return tracepointFields(group, name);
      },
    });
  });
}

function availableEvents(group: string, name: string): (readonly [group: string, name: string])[] {
  const [groups, names] = [patternOf(group), patternOf(name)];
  const text = readTracefs("available_events")?.text ?? "";
  return text.split("\n").flatMap((line) => {
    const [own = "", event = ""] = line.split(":");
    return event !== "" && groups.test(own) && names.test(event) ? [[own, event] as const] : [];
  }).sort(([a, b], [c, d]) => a < c ? -1 : a > c ? 1 : b < d ? -1 : 1);
}

/** What comes before the name of a tracepoint in that of the type of its function. */
const RAW_PREFIX = "btf_trace_";

function rawTracepoints(point: AttachPoint, kind: string, parts: readonly string[]): Target[] {
  const [name = ""] = parts;
  if (parts.length !== 1 || name === "") throw malformed(point, "rawtracepoint:event");
  const names = isPattern(name) ? namesOf("typedef", patternOf(RAW_PREFIX + name)) : [RAW_PREFIX + name];
  return names.map((one) => target([kind, one.slice(RAW_PREFIX.length)], { kind: "typed", parameters: [] }));
}

function namesOf(kind: "typedef" | "function", pattern: RegExp): string[] {
  const btf = kernelBtf();
  const names = new Set<string>();
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) === kind && pattern.test(btf.nameOf(id))) names.add(btf.nameOf(id));
  }
  return [...names].sort();
}

function functions(
  point: AttachPoint,
  kind: string,
  parts: readonly string[],
  at: "call" | "return",
): Target[] {
  const name = parts.at(-1) ?? "";
  if (parts.length < 1 || parts.length > 2 || name === "") throw malformed(point, `${kind}:function`);
  const names = isPattern(name) ? traceable(patternOf(name)) : [name];
  return names.map((name) => ({
    ...target([kind, name], { kind: "registers", space: "kernel", at, parameters: [] }),
    function: name.replace(/\+.*$/, ""),
  }));
}

/** Functions that the kernel lets probes into, as tracefs lists them. */
function traceable(pattern: RegExp): string[] {
  const listed = listedFunctions();
  const names = listed === undefined
    ? kernelFunctions()
    : listed.split("\n").map((line) => line.replace(/ .*$/, ""));
  const found = new Set<string>();
  for (const name of names) if (pattern.test(name)) found.add(name);
  return [...found].sort();
}

/** `undefined` where tracefs is closed, as it is under lockdown. */
function listedFunctions(): string | undefined {
  try {
    return readTracefs("available_filter_functions")?.text;
  } catch (error) {
    if (error instanceof PermissionError) return undefined;
    throw error;
  }
}

function trampolines(
  point: AttachPoint,
  kind: string,
  parts: readonly string[],
  atReturn: boolean,
): Target[] {
  const name = parts.at(-1) ?? "";
  if (parts.length < 1 || parts.length > 2 || name === "") throw malformed(point, `${kind}:function`);
  const names = isPattern(name) ? namesOf("function", patternOf(name)) : [name];
  return names.map((name) => {
    const { parameters, result } = functionTypes(name);
    const context = { kind: "typed", parameters, ...atReturn && result !== undefined && { result } } as const;
    return { ...target([kind, name], context), function: name };
  });
}

function userFunctions(
  point: AttachPoint,
  kind: string,
  parts: readonly string[],
  at: "call" | "return",
): Target[] {
  const [path = "", name = ""] = [parts[0], parts.slice(1).join(":")];
  if (path === "" || name === "") throw malformed(point, `${kind}:file:function`);
  const context = { kind: "registers", space: "user", at, parameters: [] } as const;
  return [{ ...target([kind, path, name], context), path, function: name.replace(/\+.*$/, "") }];
}

const UNITS = ["hz", "us", "ms", "s"];

function timer(point: AttachPoint, kind: string, parts: readonly string[]): Target[] {
  const [unit = "", rate = ""] = parts;
  if (parts.length !== 2 || !UNITS.includes(unit) || !/^[1-9]\d*$/.test(rate)) {
    throw malformed(point, `${kind}:unit:number, with a unit of ${UNITS.join(", ")}`);
  }
  return [target([kind, unit, rate], { kind: "plain" })];
}

/** Events by other names that bpftrace has for them. */
const EVENTS: Readonly<Record<string, string>> = {
  cpu: "cpu-clock",
  faults: "page-faults",
  cs: "context-switches",
  cycles: "cpu-cycles",
  branches: "branch-instructions",
  "frontend-stalls": "stalled-cycles-frontend",
  "backend-stalls": "stalled-cycles-backend",
};

function counted(point: AttachPoint, kind: string, parts: readonly string[]): Target[] {
  const [given = "", count = ""] = parts;
  if (parts.length < 1 || parts.length > 2 || given === "" || !/^([1-9]\d*)?$/.test(count)) {
    throw malformed(point, `${kind}:event:count`);
  }
  const event = Object.hasOwn(EVENTS, given) ? EVENTS[given] ?? given : given;
  return [{ ...target([kind, event, count], { kind: "plain" }), probe: [kind, ...parts].join(":") }];
}
