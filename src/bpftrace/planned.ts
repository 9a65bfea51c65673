/**
 * From the text of a script to programs for this machine.
 *
 * @module
 */
import {
  Fault,
  type Host,
  parseScript,
  type PlacedProbe,
  type Plan,
  planScript,
  type Site,
} from "../lang/bpftrace/mod.ts";
import { explained } from "./explain.ts";
import type { ScriptOptions } from "./options.ts";
import { type Target, targetsOf } from "./points.ts";

/** What a script comes to on this machine. */
export function planned(
  source: string,
  { file = "script", parameters = [] }: ScriptOptions,
  host: Host,
): [Plan, ReadonlyMap<Site, Target>] {
  const targets = new Map<Site, Target>();
  try {
    const script = parseScript(source);
    const probes = script.probes.map((node): PlacedProbe => {
      const sites = node.points.flatMap((point) => targetsOf(point, parameters));
      const [first] = node.points;
      if (sites.length === 0 && first) throw new Fault(first.place, `no probe matches ${first.text}`);
      for (const site of sites) targets.set(site, site);
      return { node, sites };
    });
    return [planScript(script, probes, host), targets];
  } catch (error) {
    throw error instanceof Fault ? explained(error, file, source) : error;
  }
}
