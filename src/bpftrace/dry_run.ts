/**
 * What a script comes to, without running it.
 *
 * @module
 */
import { explainProgram } from "../lang/bpftrace/mod.ts";
import { hostOf } from "./host.ts";
import type { ScriptOptions } from "./options.ts";
import { planned } from "./planned.ts";

/**
 * The programs that would be made of a script: for each, its probes, and its instructions below the lines that they are made of.
 * Nothing is loaded or attached.
 *
 * @example
 * ```ts
 * import { dryRun } from "@waggle/ebpf/bpftrace";
 *
 * console.log(dryRun("interval:s:1 { @ = count(); }"));
 * ```
 *
 * @throws {CompileError} The script is wrong; the message has the place.
 */
export function dryRun(source: string, options: ScriptOptions = {}): string {
  const { parameters = [], child, unsafe = false } = options;
  const [plan] = planned(source, options, hostOf({ parameters, child, unsafe }));
  const programs = plan.probes.flatMap(({ node, programs }) =>
    programs.map(({ program, sites }) => {
      const { length } = program.instructions;
      const probes = `${sites.length} probe${sites.length === 1 ? "" : "s"}`;
      return `${node.points.map(({ text }) => text).join(", ")} (${probes}, ${length} instructions)\n${
        explainProgram(program, source)
      }\n`;
    })
  );
  return programs.join("\n");
}
