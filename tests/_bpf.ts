/**
 * What tests of the kernel half share: bpftool's view of the kernel, and compiled objects.
 *
 * @module
 */
import { run } from "./_run.ts";

/** What bpftool prints about the kernel's objects: `bpftool("map", "show", "id", "7")`. */
export function bpftool(...args: readonly (string | number)[]): unknown {
  return JSON.parse(run("bpftool", ["-j", ...args.map(String)]));
}

/** A record of what bpftool prints, whose fields a test knows. */
export type Facts = Readonly<Record<string, unknown>>;

/** What bpftool shows of one object of the kernel. */
export function shown(kind: "map" | "prog" | "link" | "btf", id: number): Facts {
  const facts = bpftool(kind, "show", "id", id);
  return (Array.isArray(facts) ? facts[0] : facts) as Facts;
}

/** How often bpftool may stumble over an object that another process closes while it lists them. */
const STUMBLES = 5;

/** The ids of all objects of a kind in the kernel. */
export function idsOf(kind: "map" | "prog" | "link" | "btf"): number[] {
  for (let stumbles = 0;; stumbles++) {
    try {
      return (bpftool(kind, "show") as { id: number }[]).map(({ id }) => id);
    } catch (error) {
      if (stumbles === STUMBLES) throw error;
    }
  }
}

/** An object of `tests/bpf`, by the name of its source. */
export function fixture(name: string): URL {
  return new URL(`bpf/${name}.bpf.o`, import.meta.url);
}

const PATIENCE_MS = 30_000;

/** Waits until something holds that the kernel does in its own time; false where it does not in half a minute. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
