import { parseArgs } from "node:util";
import { closest } from "../names.ts";
import { jsonLine, stdout } from "../output/mod.ts";
import type { Command } from "./command.ts";
import { dumpBtf } from "./dump/btf.ts";
import type { Dump } from "./dump/dump.ts";
import { dumpMap } from "./dump/map.ts";
import { dumpProgram } from "./dump/program.ts";

const DUMPS: Readonly<Record<string, Dump>> = { map: dumpMap, prog: dumpProgram, btf: dumpBtf };

/** Prints what is in objects of bpf(2), whoever made them. */
export const dump: Command = {
  summary: "what is in a map, a program or types: elements, instructions, C",
  usage: `waggle dump map ID|NAME|PATH [--json]
waggle dump prog ID|NAME|PATH [--json]
waggle dump btf ID|FILE|vmlinux [TYPE…] [--json]

Prints the elements of a map by its types, or as bytes where it has none; the instructions of a program as the kernel runs
them, with the lines of their source; types as C, all or those that are named, with what they need. PATH is a pin.

  --json   one JSON object a line: elements with the names of bpftool -j, instructions, types as BTF has them`,
  words: ["map", "prog", "btf"],

  run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    const [kind = "", what, ...rest] = positionals;
    const print = Object.hasOwn(DUMPS, kind) ? DUMPS[kind] : undefined;
    if (!print) {
      throw new TypeError(
        kind === ""
          ? "say what to print: map, prog or btf"
          : `Cannot print "${kind}": there is no such kind${closest(kind, Object.keys(DUMPS))}`,
      );
    }
    if (what === undefined) throw new TypeError(`say which: waggle list has their ids and names`);
    if (rest.length > 0 && kind !== "btf") {
      throw new TypeError(`Cannot print more than one at a time: ${rest.join(" ")}`);
    }
    using out = stdout();
    for (const line of print({ what, names: rest, json: values.json })) {
      if (out.signal.aborted) break;
      out.print(typeof line === "string" ? line : jsonLine(line));
    }
    return 0;
  },
};
