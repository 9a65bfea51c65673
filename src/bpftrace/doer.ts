/**
 * Actions of a script, done as their records come.
 *
 * @module
 */
import {
  type Action,
  formatPieces,
  parseFormat,
  type Piece,
  type PlannedAction,
  type ValueType,
} from "../lang/bpftrace/mod.ts";
import { readTextFile } from "../sys/mod.ts";
import { type Leaf, readLeaves } from "./decode.ts";
import { jsonLine, jsonMap, jsonText } from "./json.ts";
import type { Names } from "./names.ts";
import { printMap } from "./print.ts";
import { strftime } from "./strftime.ts";
import type { Table } from "./tables.ts";
import { bytesOf, escaped, Values } from "./values.ts";

/** How a script's output is written. */
export type OutputFormat = "text" | "json";

/** An action as it is asked for: which, and the parts of its values. */
export interface Asked {
  readonly tag: number;
  readonly leaves: Leaf[];
}

/** What runs a command, and returns what it wrote. */
export type RunCommand = (command: string) => string;

/** Does actions. */
export class Doer {
  readonly #actions: readonly PlannedAction[];
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #names: Names;
  readonly #values: Values;
  readonly #format: OutputFormat;
  readonly #command: RunCommand | undefined;
  readonly #pieces = new Map<string, readonly Piece[]>();
  #ended = false;

  /** Does these actions, on these maps. */
  constructor(
    actions: readonly PlannedAction[],
    tables: ReadonlyMap<string, Table>,
    names: Names,
    format: OutputFormat,
    command: RunCommand | undefined,
  ) {
    this.#actions = actions;
    this.#tables = tables;
    this.#names = names;
    this.#values = new Values(names);
    this.#format = format;
    this.#command = command;
  }

  /** Whether the script has said `exit()`. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Reads the record of an action. */
  read(view: DataView, at: number, tag: number): Asked {
    const planned = this.#actions[tag];
    return { tag, leaves: planned ? readLeaves(planned.record, view, at) : [] };
  }

  /** Does an action; what it writes. */
  do({ tag, leaves }: Asked): string {
    const action = this.#actions[tag]?.action;
    return action ? this.#do(action, leaves) : "";
  }

  /** A map as it is at the end. */
  map(name: string, top = 0, divisor = 0): string {
    const table = this.#tables.get(name);
    if (!table) return "";
    return this.#format === "json"
      ? jsonMap(table, this.#values, { top, divisor })
      : printMap(table, this.#values, { top, divisor });
  }

  /** Text in the format of the output. */
  say(type: string, text: string): string {
    return this.#format === "json" ? jsonLine(type, jsonText(text)) : text;
  }

  #do(action: Action, leaves: Leaf[]): string {
    switch (action.do) {
      case "printf":
        return this.say("printf", this.#formatted(action, leaves));
      case "time":
        return this.say("time", strftime(action.format, this.#now()));
      case "join":
        return this.#format === "json"
          ? jsonLine("join", jsonText(joined(action.delimiter, leaves)))
          : `${joined(action.delimiter, leaves)}\n`;
      case "cat":
        return this.say("cat", fileText(this.#formatted(action, leaves)));
      case "system":
        return this.say("syscall", this.#command?.(this.#formatted(action, leaves)) ?? "");
      case "print": {
        const [type] = action.types;
        if (!type) return "";
        if (this.#format === "json") return jsonLine("value", jsonText(this.#values.json(type, leaves)));
        return `${this.#values.text(type, leaves)}\n`;
      }
      case "printMap":
        return this.map(action.map, action.top, action.divisor);
      case "clear":
        this.#tables.get(action.map)?.clear();
        return "";
      case "zero":
        this.#tables.get(action.map)?.zero();
        return "";
      case "exit":
        this.#ended = true;
        return "";
    }
  }

  #formatted(
    { format, types }: { readonly format: string; readonly types: readonly ValueType[] },
    leaves: Leaf[],
  ): string {
    let pieces = this.#pieces.get(format);
    if (!pieces) this.#pieces.set(format, pieces = parseFormat(format));
    const places = pieces.filter((piece) => typeof piece !== "string");
    const values = types.map((type, i) => {
      const conversion = places[i]?.conversion;
      if (type.kind === "buffer" && (conversion === "rx" || conversion === "rh")) {
        return escaped(bytesOf(type.size, leaves), conversion);
      }
      return this.#values.plain(type, leaves);
    });
    return formatPieces(pieces, values);
  }

  #now() {
    return this.#names.timeOf(this.#names.now());
  }
}

/** Up to the first that is empty. */
function joined(delimiter: string, leaves: readonly Leaf[]): string {
  const texts = leaves.map(String);
  const end = texts.indexOf("");
  return texts.slice(0, end < 0 ? texts.length : end).join(delimiter);
}

function fileText(path: string): string {
  try {
    return readTextFile(path);
  } catch {
    return "";
  }
}
