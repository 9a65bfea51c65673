/**
 * Scripts that run.
 *
 * @module
 */
import { type Codec, LITTLE_ENDIAN } from "../codec/mod.ts";
import { ACTIONS, lostOf, type MapValue, type Plan } from "../lang/bpftrace/mod.ts";
import type { Attachment } from "../link/core.ts";
import { createMap, type PerCpuArrayMap } from "../map/core.ts";
import type { Program } from "../program/mod.ts";
import { ring, type RingBuffer } from "../ring/core.ts";
import { type Asked, Doer } from "./doer.ts";
import { hostOf } from "./host.ts";
import { Names } from "./names.ts";
import type { ScriptOptions } from "./options.ts";
import { planned } from "./planned.ts";
import { type ScriptMap, viewsOf } from "./script_map.ts";
import { Starter } from "./starter.ts";
import { makeTables, type Table } from "./tables.ts";
import { Values } from "./values.ts";

/** Of the ring of actions, in bytes. */
const RING_SIZE = 1 << 20;

/**
 * A script that is attached, and writes as its actions come.
 *
 * Made by {@linkcode bpftrace} and {@linkcode script}.
 */
export class Script implements AsyncIterable<string>, Disposable {
  /** How many probes are attached. */
  readonly probes: number;
  /** Its maps by their names, without the `@`; that without a name is `maps["@"]`. */
  readonly maps: Readonly<Record<string, ScriptMap>>;
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #names: Names;
  readonly #doer: Doer;
  readonly #ring: RingBuffer<Asked>;
  readonly #lost: PerCpuArrayMap<bigint>;
  readonly #attachments: Attachment[] = [];
  readonly #ends: Program[] = [];
  readonly #all: DisposableStack;
  #finished = false;
  #loading: Promise<void> | undefined;

  /** Attaches it. */
  constructor(source: string, options: ScriptOptions) {
    const { parameters = [], child, unsafe = false, format = "text", command, warn = () => {} } = options;
    using undo = new DisposableStack();
    const [plan, targets] = planned(source, options, hostOf({ parameters, child, unsafe }));
    const { tables, maps } = makeTables(plan, undo);
    this.#tables = tables;
    this.#names = undo.use(new Names(maps));
    if (namesCode(plan)) this.#loading = this.#names.load();
    this.#doer = new Doer(plan.actions, tables, this.#names, format, command);
    this.maps = viewsOf(tables, this.#doer, new Values(this.#names));
    this.#lost = maps[lostOf(ACTIONS)] as PerCpuArrayMap<bigint>;
    this.#ring = undo.use(createMap(ring(this.#codec()), { name: ACTIONS, maxEntries: RING_SIZE }));
    maps[ACTIONS] = this.#ring;
    const starter = new Starter(maps, targets, options, undo, warn);
    for (const { node, programs } of plan.probes) {
      for (const { program, sites } of programs) starter.start(node.points, program, sites);
    }
    starter.attachAll();
    this.#attachments = starter.attachments;
    this.#ends = starter.ends;
    this.probes = starter.count;
    this.#all = undo.move();
  }

  /** How many actions found no room so far. */
  get lost(): number {
    return Number(this.#lost.sum(0) ?? 0n);
  }

  /** The lines that the script writes, as they come, until it says `exit()` or the loop is left. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    let line = "";
    for await (const text of this.output()) {
      const lines = (line + text).split("\n");
      line = lines.pop() ?? "";
      yield* lines;
    }
    if (line !== "") yield line;
  }

  /**
   * What the script writes, as it comes, until it says `exit()` or the signal aborts. At the end it is detached, and what `END`
   * writes comes last.
   */
  async *output({ signal }: OutputOptions = {}): AsyncGenerator<string, void, void> {
    await this.#loading;
    for await (const batch of this.#ring.batches(signal ? { signal } : {})) {
      for (const asked of batch) {
        if (this.#doer.ended) break;
        const text = this.#doer.do(asked);
        if (text !== "") yield text;
      }
      if (this.#doer.ended) break;
    }
    yield* this.#finish();
  }

  /** All maps as bpftrace prints them at its end. */
  report(): string {
    return [...this.#tables.keys()].sort().map((name) => this.#doer.map(name)).join("");
  }

  *#finish(): Generator<string> {
    if (this.#finished) return;
    this.#finished = true;
    for (const attachment of this.#attachments) attachment.close();
    yield* this.#rest();
    for (const program of this.#ends) program.run();
    yield* this.#rest();
  }

  *#rest(): Generator<string> {
    const left: Asked[] = [];
    this.#ring.drain((view, at) => void left.push(this.#read(view, at)));
    for (const asked of left) {
      const text = this.#doer.do(asked);
      if (text !== "") yield text;
    }
  }

  #read(view: DataView, at: number): Asked {
    return this.#doer.read(view, at, view.getUint32(at, LITTLE_ENDIAN));
  }

  #codec(): Codec<Asked> {
    return {
      size: 4,
      align: 8,
      type: "action",
      read: (view, at) => this.#read(view, at),
      write: () => {
        throw new TypeError("Cannot encode an action: programs send them");
      },
    };
  }

  /** Detaches it, and closes the maps; harmless when that is done already. */
  close(): void {
    this.#all.dispose();
  }

  /** Detaches it, and closes the maps. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Whether a script shows addresses of code by their names. */
function namesCode({ actions, maps }: Plan): boolean {
  const all = [
    ...actions.flatMap(({ action }) => action.types),
    ...maps.flatMap(({ key, value }) => [...key, value]),
  ];
  return all.some(isCode);
}

function isCode(type: MapValue): boolean {
  switch (type.kind) {
    case "ksym":
    case "usym":
    case "stack":
      return true;
    case "tuple":
      return type.parts.some(isCode);
    default:
      return false;
  }
}

/** Until when {@linkcode Script.output} goes on. */
export interface OutputOptions {
  /** Ends the script. */
  readonly signal?: AbortSignal;
}
