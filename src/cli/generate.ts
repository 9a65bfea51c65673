import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { objectName, parseElf } from "../elf/mod.ts";
import { objectModule } from "../generate/mod.ts";
import { linkObjects } from "../linker/mod.ts";
import { readFile } from "../sys/mod.ts";
import type { Command } from "./command.ts";
import { compile } from "./generate/compile.ts";

/** Writes modules that hold objects, with types. */
export const generate: Command = {
  summary: "a module of TypeScript from an object or a source in C, with types",
  usage: `waggle generate [options] FILE… [-- FLAG…]

Writes one module that holds a BPF object: interfaces and codecs for its maps, global variables and structs, and load(),
whose result is typed. FILE is an object (.o) or a source in C, which clang compiles; several are linked together.

  import { load } from "./counter.ts";
  await using counter = await load({ variables: { min_uid: 1000 } });
  using link = counter.programs.on_exec.attach();
  for (const [pid, count] of counter.maps.counts) console.log(pid, count);

  -o FILE              writes this file instead of the output
  --check              writes nothing; the exit status is 1 where FILE of -o is not as it would be written
  --events MAP=TYPE    the type of the events of a ring buffer or perf buffer: events=event for struct event
  --type TYPE          a type that is written beside those of maps and variables, and of the object's own
  --import SPECIFIER   where the module imports Waggle from: @waggle/ebpf by default
  --name NAME          the name of the object: that of the first file by default
  --clang PATH         the compiler: clang, or clang-19 and the like, by default
  --target TARGET      bpfel by default, or bpfeb for big-endian machines
  -- FLAG…             what clang is given more: -- -DDEBUG -Iinclude

Sources find vmlinux.h, written from the running kernel's types, and bpf/bpf_helpers.h where libbpf is installed.`,

  run(args) {
    const end = args.indexOf("--");
    const { values, positionals } = parseArgs({
      args: end < 0 ? [...args] : args.slice(0, end),
      options: {
        output: { type: "string", short: "o" },
        check: { type: "boolean", default: false },
        events: { type: "string", multiple: true, default: [] },
        type: { type: "string", multiple: true, default: [] },
        import: { type: "string", default: "@waggle/ebpf" },
        name: { type: "string" },
        clang: { type: "string" },
        target: { type: "string", default: "bpfel" },
      },
      allowPositionals: true,
    });
    const [first] = positionals;
    if (first === undefined) throw new TypeError("name at least one object or source");
    const { output, check, clang, target } = values;
    if (check && output === undefined) {
      throw new TypeError("--check wants -o FILE, the module to compare with");
    }
    const flags = end < 0 ? [] : args.slice(end + 1);
    const objects: Uint8Array[] = [];
    for (const file of positionals) {
      objects.push(file.endsWith(".c") ? compile(file, { clang, target, flags }) : readFile(file));
    }
    const [only] = objects;
    const bytes = only && objects.length === 1
      ? only
      : linkObjects(objects.map((bytes, i) => ({ name: basename(positionals[i] ?? ""), bytes })));
    const name = values.name ?? objectName(basename(first).replace(/\.c$/, ".o"));
    const text = objectModule({
      spec: parseElf(bytes, name),
      bytes,
      name,
      about: aboutOf(args, positionals),
      library: values.import,
      events: Object.fromEntries(values.events.map(eventOf)),
      types: values.type,
    });
    if (output === undefined) console.log(text.trimEnd());
    else if (!check) writeFileSync(output, text);
    else return isSame(output, text);
    return 0;
  },
};

function eventOf(text: string): [map: string, type: string] {
  const [map = "", type = ""] = text.split("=");
  if (map !== "" && type !== "") return [map, type];
  throw new TypeError(`--events ${text} is not MAP=TYPE: --events events=event`);
}

/** The command line without folders, so that it does not matter where the command ran. */
function aboutOf(args: readonly string[], files: readonly string[]): string {
  const shown: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--check") continue;
    if (arg === "-o" || arg === "--output" || arg === "--clang") i++;
    else if (!/^(--output=|--clang=|-o.)/.test(arg)) shown.push(files.includes(arg) ? basename(arg) : arg);
  }
  return ["waggle", "generate", ...shown].join(" ");
}

function isSame(file: string, text: string): number {
  if (!existsSync(file)) {
    console.error(`waggle generate: ${file} is not there: run it without --check`);
    return 1;
  }
  if (readFileSync(file, "utf8") === text) return 0;
  console.error(`waggle generate: ${file} is not what would be written now: run it without --check`);
  return 1;
}
