import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { kernelDeclarations, type WantedFunction } from "../generate/mod.ts";
import { closest, kernelBtf, kernelRelease } from "../kernel/mod.ts";
import type { ContextSpec, ParameterSpec } from "../lang/core.ts";
import { functionTypes, rawTracepointArguments, tracepointFields } from "../trace/places.ts";
import type { Command } from "./command.ts";

/** Writes declarations of what kernel functions are called with. */
export const types: Command = {
  summary: "declarations of what the kernel has at probes, for editors",
  usage: `waggle types [-o FILE] PROBE…

Declares what kernel functions in TypeScript find in c.args and c.retval, so that editors complete it and type checks
know it. Probes are:

  tracepoint:GROUP:EVENT    tracepoint:sched:sched_switch
  rawTracepoint:EVENT       rawTracepoint:sched_process_exec
  fentry:FUNCTION           and fexit, kprobe, kretprobe: fentry:vfs_read

A script takes the declarations with: import type {} from "./kernel.d.ts";

  -o FILE   writes this file instead of the output`,

  run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { output: { type: "string", short: "o" } },
      allowPositionals: true,
    });
    if (positionals.length === 0) {
      throw new TypeError("name at least one probe: tracepoint:sched:sched_switch");
    }
    const text = declarationsOf(positionals);
    if (values.output === undefined) console.log(text.trimEnd());
    else writeFileSync(values.output, text);
    return 0;
  },
};

const FUNCTIONS: readonly string[] = ["fentry", "fexit", "kprobe", "kretprobe"];
const KINDS = ["tracepoint", "rawTracepoint", ...FUNCTIONS];

function declarationsOf(probes: readonly string[]): string {
  const tracepoints: Record<string, Extract<ContextSpec, { kind: "fields" }>> = {};
  const rawTracepoints: Record<string, readonly ParameterSpec[]> = {};
  const functions: Record<string, WantedFunction> = {};
  for (const probe of probes) {
    const [kind = "", ...rest] = probe.split(":");
    const name = rest.join(":");
    if (kind === "tracepoint") {
      const [group = "", event = ""] = rest;
      const space = group === "syscalls" ? "user" : "kernel";
      tracepoints[name] = { kind: "fields", fields: tracepointFields(group, event), space };
    } else if (kind === "rawTracepoint") {
      rawTracepoints[name] = rawTracepointArguments(name);
    } else if (FUNCTIONS.includes(kind)) {
      functions[name] = functionOf(name);
    } else {
      throw new TypeError(
        `"${probe}" is no probe: it begins with ${KINDS.join(", ")}${closest(kind, KINDS)}`,
      );
    }
  }
  return kernelDeclarations({
    btf: kernelBtf(),
    about: `Linux ${kernelRelease()}: waggle types ${probes.join(" ")}`,
    tracepoints,
    rawTracepoints,
    functions,
  });
}

function functionOf(name: string): WantedFunction {
  const btf = kernelBtf();
  if (btf.find(name, "function")) return functionTypes(name);
  const names = function* () {
    for (let id = 1; id < btf.count; id++) if (btf.kindOf(id) === "function") yield btf.nameOf(id);
  };
  throw new TypeError(`there is no function "${name}" in the BTF of the kernel${closest(name, names())}`);
}
