/**
 * Descriptors and mappings a test may leave behind, which no runtime's sanitizer sees since libc opened them.
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/** What the process holds of the kinds this library opens. */
export interface Held {
  /** What each descriptor refers to: `anon_inode:bpf-map`. */
  readonly descriptors: ReadonlyMap<number, string>;
  /** What each mapping of an anonymous inode refers to, one entry a mapping. */
  readonly mappings: readonly string[];
}

/** Not pidfds, pipes or sockets: the runtime opens and closes those in its own time. */
const OURS =
  /^(anon_inode:(bpf|btf|\[eventpoll\]|\[eventfd\]|\[perf_event\])|\/memfd:|\/sys\/|\/proc\/|net:)/;

/** The handle by which the list itself is read. */
const LISTING = /^\/proc\/\d+\/fd$/;

/** What the process holds now; nothing where there is no /proc. */
export function held(): Held {
  const descriptors = new Map<number, string>();
  if (process.platform !== "linux") return { descriptors, mappings: [] };
  for (const name of readdirSync("/proc/self/fd")) {
    const target = readLink(`/proc/self/fd/${name}`);
    if (target !== undefined && OURS.test(target) && !LISTING.test(target)) {
      descriptors.set(Number(name), target);
    }
  }
  const mappings = [];
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const at = line.indexOf("anon_inode:");
    if (at >= 0) mappings.push(line.slice(at));
  }
  return { descriptors, mappings };
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // closed since it was listed
  }
}

/** What `after` holds beyond `before`: one line a descriptor, one a kind of mapping. */
export function leaked(before: Held, after: Held): string[] {
  const lines: string[] = [];
  const more = excess(before.descriptors.values(), after.descriptors.values());
  for (const [fd, target] of after.descriptors) {
    const count = more.get(target) ?? 0;
    if (count === 0 || before.descriptors.get(fd) === target) continue;
    more.set(target, count - 1);
    lines.push(`descriptor ${fd}: ${target}${identity(fd)}`);
  }
  for (const [target, count] of excess(before.mappings, after.mappings)) {
    lines.push(`${count} mapping${count === 1 ? "" : "s"}: ${target}`);
  }
  return lines;
}

/** How many more of each value `after` has; a number reused for the same kind of thing is no leak. */
function excess(before: Iterable<string>, after: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of after) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const value of before) counts.set(value, (counts.get(value) ?? 0) - 1);
  return new Map([...counts].filter(([, count]) => count > 0));
}

/** The kernel's id of a map, program, link or BTF object, as in `/proc/self/fdinfo`. */
function identity(fd: number): string {
  try {
    const [, kind, id] =
      /^(map|prog|link|btf)_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
    return id === undefined ? "" : `, ${kind} id ${id}`;
  } catch {
    return "";
  }
}
