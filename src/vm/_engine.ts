/** The machine with what is around it: maps, the packet, the clock and what programs put out. */
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import type { Code } from "./_code.ts";
import type { Scene } from "./_context.ts";
import { type PacketKind, packetKind } from "./_context.ts";
import type { Timer } from "./_help_timers.ts";
import { Machine } from "./_machine.ts";
import { Fault, type Region, region } from "./_memory.ts";
import { SKB_HEADROOM } from "./_packet.ts";
import type { VmMap } from "./map.ts";
import type { VmRedirect, VmTask } from "./types.ts";

/** How many tail calls one run may make (`MAX_TAIL_CALL_CNT`). */
const MAX_TAIL_CALLS = 33;

/** The machine that helpers work on. */
export class Engine extends Machine {
  /** `enum bpf_prog_type`. */
  readonly type: number;
  readonly kind: PacketKind;
  readonly cpus: number;
  /** The program that a name stands for in arrays of programs. */
  program: (name: string) => Code | undefined = () => undefined;
  clock: () => bigint = () => 0n;
  random: () => number = () => 0;
  cpu = 0;
  task: VmTask;
  cookie = 0n;
  printed: string[] = [];
  redirects: VmRedirect[] = [];
  /** Records of ring buffers that were reserved and not yet submitted, by the upper halves of their addresses. */
  readonly reserved: Map<number, { readonly map: VmMap; readonly bytes: Uint8Array }> = new Map();
  /** By their addresses. */
  readonly timers: Map<bigint, Timer> = new Map();
  readonly #maps = new Map<VmMap, number>();
  #scene: Scene | undefined;
  #tailCalls = 0;

  /** Makes one for programs of a type. */
  constructor(type: number, task: VmTask, cpus: number) {
    super();
    this.type = type;
    this.kind = packetKind(type);
    this.task = task;
    this.cpus = cpus;
    this.loadPacket = (size, offset) => {
      if (this.kind !== "skb") {
        throw new Fault("loads from a packet, which this type of program does not have so");
      }
      const value = this.scene.packet?.load(size, offset, SKB_HEADROOM);
      if (value === undefined) return false;
      this.set(0, value);
      return true;
    };
  }

  /** What the run at hand works on. */
  get scene(): Scene {
    if (this.#scene === undefined) throw new Fault("asks for a context outside of a run");
    return this.#scene;
  }

  /** The upper half of the address that stands for a map; the address of its values is the next. */
  place(map: VmMap): number {
    let high = this.#maps.get(map);
    if (high === undefined) {
      high = this.memory.add(region(`map "${map.name}"`, new Uint8Array(0), { object: map }));
      this.memory.add(map.store.values);
      this.#maps.set(map, high);
    }
    return high;
  }

  /** Forgets the regions that were added after there were `size`, and which maps they stood for. */
  shrink(size: number): void {
    this.memory.shrink(size);
    for (const [map, high] of this.#maps) {
      if (this.memory.at(high) === undefined) this.#maps.delete(map);
    }
  }

  /** The map that a register points to. */
  map(register: number): VmMap {
    const object = this.low[register] === 0 ? this.memory.at(this.high[register]!)?.object : undefined;
    if (object === undefined) throw new Fault(`r${register} does not point to a map`);
    return object as VmMap;
  }

  /** The place that an address in a register is in, of at least `size` bytes. */
  region(register: number, size: number): Region {
    return this.memory.locate(this.high[register]!, this.low[register]!, size, false);
  }

  /** Runs a program on a scene. Returns what it leaves in r0. */
  run(code: Code, scene: Scene): number {
    if (this.#scene !== undefined) throw new Fault("runs the machine again that it runs in");
    this.#scene = scene;
    this.#tailCalls = 0;
    this.next = undefined;
    this.printed = [];
    this.redirects = [];
    this.reserved.clear();
    this.low.fill(0);
    this.high.fill(0);
    this.high[1] = scene.high;
    try {
      // Functions of kernel structs may return nothing.
      if (!this.start(code) && this.type !== BPF_PROG_TYPE.STRUCT_OPS) {
        this.refuse("returns without a value in r0");
      }
      for (const { map } of this.reserved.values()) {
        this.refuse(`ends with a record of map "${map.name}" neither submitted nor discarded`);
      }
      return this.low[0]! >>> 0;
    } finally {
      this.#scene = undefined;
    }
  }

  /** Goes on with the program at an index of an array, where there is one. Returns a negative number where not. */
  tailCall(map: VmMap, name: unknown): number {
    const code = typeof name === "string" ? this.program(name) : undefined;
    if (typeof name === "string" && code === undefined) {
      throw new Fault(`calls program "${name}" of map "${map.name}", which the machine was not given`);
    }
    if (code === undefined || this.#tailCalls >= MAX_TAIL_CALLS) return -1;
    this.#tailCalls++;
    this.next = code;
    return 0;
  }
}
