/**
 * The maps that come with that of a shared thing: how much found no room in it, and the stacks that it refers to.
 *
 * @module
 */
import { type Codec, i32, u32, u64 } from "../codec/mod.ts";
import { codecOf, lostOf, STACK_PROCESS_AT, stacksOf, type StackType, type StoredType } from "../lang/mod.ts";
import {
  type BpfMap,
  perCpuArray,
  type PerCpuArrayMap,
  stackTrace,
  type StackTraceMap,
} from "../map/core.ts";
import { type CreateMap, LateMap } from "./shared.ts";
import { StackTrace } from "./stack_trace.ts";

/** How many different stacks there is room for; of one, with all of its frames, the kernel takes about 1 KiB. */
const MOST_STACKS = 8192;

/** Maps beside another. */
export class SideMaps implements Disposable {
  readonly #lost: LateMap<PerCpuArrayMap<bigint>>;
  /** By how many frames a stack has at most. */
  readonly #stacks = new Map<number, StackTraceMap<bigint>>();
  /** Stacks that were read, by depth, number and process: as long as they are not removed, they stay the same. */
  readonly #read = new Map<string, StackTrace>();

  /** `what` names the shared thing in messages. */
  constructor(what: string) {
    this.#lost = new LateMap(what);
  }

  /** How many updates found no room. */
  get lost(): number {
    return Number(this.#lost.map?.sum(0) ?? 0n);
  }

  /** The maps, by the names that programs have for them, beside one of this name which stores these types. */
  open(name: string, types: Iterable<StoredType | undefined>, create: CreateMap): Record<string, BpfMap> {
    const maps: Record<string, BpfMap> = {
      [lostOf(name)]: this.#lost.open(() => create(perCpuArray(u64), { name: "lost", maxEntries: 1 })),
    };
    for (const type of types) if (type) this.#openStacks(name, type, maps, create);
    return maps;
  }

  #openStacks(name: string, type: StoredType, maps: Record<string, BpfMap>, create: CreateMap): void {
    if (type.kind === "record") {
      for (const field of type.fields) this.#openStacks(name, field.type, maps, create);
    } else if (type.kind === "stack") {
      const { depth } = type;
      const map = this.#stacks.get(depth) ??
        create(stackTrace({ depth }), { name: "stacks", maxEntries: MOST_STACKS });
      this.#stacks.set(depth, map);
      maps[stacksOf(name, depth)] = map;
    }
  }

  /** The codec of what is stored as a type, stacks in it included. */
  codecOf(type: StoredType): Codec<unknown> {
    return codecOf(type, (stack) => this.#stackCodec(stack));
  }

  #stackCodec({ space, depth, size }: StackType): Codec<StackTrace> {
    return {
      size,
      align: i32.align,
      type: "stack",
      read: (view, at) =>
        this.#stack(
          depth,
          i32.read(view, at),
          space === "user" ? u32.read(view, at + STACK_PROCESS_AT) : undefined,
        ),
      write(view, at, stack) {
        i32.write(view, at, StackTrace.idOf(stack));
        if (space === "user") u32.write(view, at + STACK_PROCESS_AT, stack.pid ?? 0);
      },
    };
  }

  #stack(depth: number, id: number, pid: number | undefined): StackTrace {
    const key = `${depth} ${id} ${pid}`;
    const known = this.#read.get(key);
    if (known) return known;
    const addresses = id < 0 ? undefined : this.#stacks.get(depth)?.get(id);
    const stack = new StackTrace(id, addresses ?? [], pid);
    this.#read.set(key, stack);
    return stack;
  }

  /** Forgets what was lost, and all stacks. */
  clear(): void {
    this.#lost.map?.fill(0, 0n);
    for (const map of this.#stacks.values()) map.clear();
    this.#read.clear();
  }

  /** Closes the maps. */
  [Symbol.dispose](): void {
    this.#lost.close();
    for (const map of this.#stacks.values()) map[Symbol.dispose]();
    this.#stacks.clear();
  }
}
