import { parseArgs } from "node:util";
import { closest } from "../names.ts";
import { jsonLine, PLAIN, stdout, table } from "../output/mod.ts";
import type { Command } from "./command.ts";
import { btf } from "./list/btf.ts";
import { links } from "./list/links.ts";
import type { Held, Listing } from "./list/listing.ts";
import { maps } from "./list/maps.ts";
import { programs } from "./list/programs.ts";

/** What can be listed, by the name that is asked for. */
const LISTINGS = { programs, maps, links, btf } as const;

type Kind = keyof typeof LISTINGS;

/** Lists objects of bpf(2), whoever made them. */
export const list: Command = {
  summary: "what the kernel has: programs, maps, links, BTF, and who keeps them",
  usage: `waggle list [programs|maps|links|btf…] [--pid PID] [--pin PATH] [--json]

Lists the programs, maps, links and BTF that the kernel has, whoever made them, with the processes that have descriptors
of them and the paths that they are pinned by. All but BTF by default.

  --pid PID    only what this process has
  --pin PATH   only what is pinned there, or below it
  --json       one JSON object a line, with the names of bpftool -j`,
  words: Object.keys(LISTINGS),

  run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        json: { type: "boolean", default: false },
        pid: { type: "string" },
        pin: { type: "string" },
      },
      allowPositionals: true,
    });
    const wanted: Wanted = { pid: values.pid, pin: values.pin?.replace(/(?<=.)\/+$/, "") };
    const kinds = positionals.length > 0 ? positionals.map(kindOf) : ["programs", "maps", "links"] as const;
    using out = stdout();
    kinds.forEach((kind, i) => {
      // Each listing prints rows of its own, which nothing else takes
      const listing = LISTINGS[kind] as unknown as Listing<Held>;
      const rows = listing.rows().filter((row) => isWanted(row, wanted));
      if (values.json) {
        for (const row of rows) out.print(jsonLine({ kind: KIND[kind], ...listing.record(row) }));
        return;
      }
      if (kinds.length > 1) out.print(`${i > 0 ? "\n" : ""}${kind}`);
      out.print(rows.length > 0 ? table(rows, filled(listing, rows)) : "none");
    });
    return 0;
  },
};

/** What a line of `--json` calls a single one. */
const KIND: Readonly<Record<Kind, string>> = { programs: "program", maps: "map", links: "link", btf: "btf" };

/** Also by the names that bpftool has for them. */
const ALIASES: Readonly<Record<string, Kind>> = {
  prog: "programs",
  progs: "programs",
  program: "programs",
  map: "maps",
  link: "links",
};

function kindOf(name: string): Kind {
  const kind = Object.hasOwn(LISTINGS, name) ? name as Kind : ALIASES[name];
  if (kind) return kind;
  throw new TypeError(`Cannot list "${name}": there is no such kind${closest(name, Object.keys(LISTINGS))}`);
}

interface Wanted {
  readonly pid: string | undefined;
  readonly pin: string | undefined;
}

function isWanted({ holders, pins }: Held, { pid, pin }: Wanted): boolean {
  return (pid === undefined || holders.some((holder) => holder.pid === Number(pid))) &&
    (pin === undefined || pins.some((path) => path === pin || path.startsWith(`${pin}/`)));
}

/** The columns without those at the end that are empty in all rows. */
function filled(listing: Listing<Held>, rows: readonly Held[]): Listing<Held>["columns"] {
  return listing.columns.filter((column) => rows.some((row) => column.value(row, PLAIN) !== ""));
}
