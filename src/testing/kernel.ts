/**
 * A kernel in memory.
 *
 * @module
 */
import { type Btf, parseBtf } from "../btf/core.ts";
import { NotFoundError, WaggleError } from "../errors.ts";
import { kernelBtf } from "../kernel/mod.ts";
import { type BpfMap, type CreateMapOptions, type MapKind, mapTypeName, newMap } from "../map/mod.ts";
import { closest } from "../names.ts";
import { type FunctionSource, type Probe, Shared } from "../trace/core.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import { VmMap, type VmTask } from "../vm/mod.ts";
import { Failures } from "./_failures.ts";
import { MemoryMapHandle } from "./_map_handle.ts";
import { PACKET_TYPES } from "./_packet_types.ts";
import { TestProgram } from "./program.ts";
import type { FailOptions, FailureName, TestKernelOptions } from "./types.ts";

/** Of x86-64 and most others; what rings are multiples of. */
const PAGE = 4096;

/**
 * A kernel for tests: kernel functions in TypeScript run in it without root, without a kernel and on every system, on what the
 * test calls them with. What they share with the script is read as in production.
 *
 * Functions run here whose shared things were given to {@linkcode TestKernel.use} before, or that are handed the kernel itself among
 * them. They are called by {@linkcode TestProgram.run}, and by nothing else: whom and what the probe names is not looked for.
 *
 * Packets need no kernel. What names members of other structs of the kernel needs the types of the one that runs, and tracepoints
 * by name their format in tracefs.
 *
 * @example A firewall, tested
 * ```ts
 * import { TestKernel } from "@waggle/ebpf/testing";
 * import { lpm, xdp } from "@waggle/ebpf/trace";
 *
 * const kernel = new TestKernel();
 * const blocked = kernel.use(lpm()).set("192.0.2.0/24", 0);
 * using probe = xdp("eth0", { blocked }, (c, { blocked }) => {
 *   const ip = c.ipv4();
 *   if (!ip || !blocked.has(ip.saddr)) return "pass";
 *   blocked.count(ip.saddr);
 *   return "drop";
 * });
 *
 * const packet = new Uint8Array(34);
 * packet.set([0x08, 0x00, 0x45], 12); // IPv4
 * packet.set([192, 0, 2, 7], 26);
 * const { verdict } = kernel.program(probe).run({ data: packet }); // "drop"
 * const count = blocked.get("192.0.2.0/24"); // 1
 * ```
 */
export class TestKernel extends Shared<never> {
  /** The time in ns that functions see. */
  clock: bigint;
  /** The CPU that functions run on. */
  cpu = 0;
  /** Who runs the functions. */
  task: VmTask;
  readonly #options: TestKernelOptions;
  readonly #failures = new Failures();
  readonly #maps = new WeakMap<BpfMap, VmMap>();
  readonly #programs = new Set<TestProgram>();
  #lastId = 0;

  /** Makes one without programs. */
  constructor(options: TestKernelOptions = {}) {
    super();
    this.#options = options;
    this.clock = options.clock ?? 0n;
    this.task = options.task ?? { pid: 1 };
    this.home = this;
  }

  /** How many CPUs there are. */
  get cpus(): number {
    return this.#options.cpus ?? 1;
  }

  /**
   * Has a thing that a script shares with kernel functions be in this kernel, with its maps and the functions that it is handed to.
   * Returns the thing.
   *
   * @throws {WaggleError} It is in another kernel of a test.
   */
  use<T extends Shared<unknown>>(thing: T): T {
    if (thing.home !== undefined && thing.home !== this) {
      throw new WaggleError("Cannot use this thing in a kernel of a test: it is in another one");
    }
    thing.home = this;
    return thing;
  }

  /**
   * Creates a map in memory, behind the class that maps of its kind have in the kernel.
   *
   * @example
   * ```ts
   * import { hash, u32, u64 } from "@waggle/ebpf";
   * import { TestKernel } from "@waggle/ebpf/testing";
   *
   * const map = new TestKernel().createMap(hash(u32, u64), { maxEntries: 2 });
   * map.set(1, 5n).set(2, 7n);
   * const all = [...map]; // [[1, 5n], [2, 7n]]
   * ```
   *
   * @throws {RangeError} A size that no map of this type can have.
   * @throws {TypeError} The kind does not say what keys and values are.
   * @throws {WaggleError} The test wants it to fail: `BPF_MAP_CREATE`.
   */
  createMap<M extends BpfMap>(kind: MapKind<M>, options: CreateMapOptions = {}): M {
    const spec = newMap(kind, options);
    const { name, type, maxEntries } = spec;
    const what = `map "${name}" (${mapTypeName(type)})`;
    this.#check("BPF_MAP_CREATE", `create ${what}`);
    if (type === BPF_MAP_TYPE.RINGBUF && (maxEntries < PAGE || !Number.isInteger(Math.log2(maxEntries)))) {
      throw new RangeError(
        `Cannot create ${what}: its size, ${maxEntries} bytes, is not a power of two of at least ${PAGE}`,
      );
    }
    if (maxEntries === 0) {
      throw new RangeError(`Cannot create ${what}: maxEntries is 0: say how many elements are to fit`);
    }
    const map = new VmMap(name, spec, this.cpus);
    const memory = { id: ++this.#lastId, map, cpus: this.cpus, failures: this.#failures };
    const opened = kind.open(new MemoryMapHandle(memory, kind, name));
    this.#maps.set(opened, map);
    return opened;
  }

  /** The programs that are attached, in their order. */
  get programs(): readonly TestProgram[] {
    return [...this.#programs];
  }

  /**
   * The program of a probe, or the first one of a name: `xdp`, `sched_switch`.
   *
   * @throws {NotFoundError} It runs somewhere else, or there is none of the name.
   */
  program(probe: Probe<unknown> | string): TestProgram {
    if (typeof probe !== "string") {
      const { attachment } = probe;
      if (attachment instanceof TestProgram) return attachment;
      throw new NotFoundError(
        "Cannot find the program of this probe: it runs in the kernel of the machine: hand it something that is here",
      );
    }
    const found = this.programs.find(({ name }) => name === probe);
    if (found) return found;
    const names = this.programs.map(({ name }) => name);
    throw new NotFoundError(
      `Cannot find program "${probe}": there is none of that name${closest(probe, names)}`,
    );
  }

  /** Lets time pass, in ns: timers of programs go off. Returns how many. */
  elapse(time: bigint): number {
    const count = this.programs.reduce((sum, program) => sum + program.elapse(time), 0);
    this.clock += time;
    return count;
  }

  /**
   * Lets an operation fail that would go well.
   *
   * @param operation What functions call, by the helper's name: `bpf_map_update_elem`, `bpf_ringbuf_reserve`. Or what the script does,
   * by the name of the command: `BPF_MAP_UPDATE_ELEM`, `BPF_MAP_LOOKUP_ELEM`, `BPF_MAP_DELETE_ELEM`, `BPF_MAP_CREATE`, `BPF_PROG_LOAD`.
   * @param error What it fails with. Helpers that return an address return null instead.
   *
   * @example The third new key finds no room
   * ```ts
   * import { TestKernel } from "@waggle/ebpf/testing";
   *
   * const kernel = new TestKernel();
   * kernel.fail("bpf_map_update_elem", "E2BIG", { map: "calls", nth: 3 });
   * ```
   *
   * @throws {RangeError} There is no such error, or no such time.
   */
  fail(operation: string, error: FailureName, options: FailOptions = {}): void {
    this.#failures.plan(operation, error, options);
  }

  /** @ignore */
  attach(source: FunctionSource): TestProgram {
    const { name } = source.options.program;
    this.#check("BPF_PROG_LOAD", `load program "${name}"`);
    const { kind } = source.options.context;
    const types = kind === "xdp" || kind === "tc" ? packetTypes : kernelBtf;
    const compiled = source.compile({ types });
    const maps = Object.entries(source.maps(compiled)).map(([name, map]) =>
      [name, this.#memoryOf(map)] as const
    );
    const program = new TestProgram({
      kernel: this,
      source,
      compiled,
      types,
      maps: Object.fromEntries(maps),
      intercept: (name, r1, _r2, _r3, _r4, _r5, vm) => this.#failures.ofHelper(name, vm.mapAt(r1)?.name),
      options: this.#options,
    });
    this.#programs.add(program);
    return program;
  }

  /** @ignore */
  forget(program: TestProgram): void {
    this.#programs.delete(program);
  }

  /** @ignore */
  override get spec(): Shared<never>["spec"] {
    return { kind: "constant", value: true };
  }

  /** @ignore */
  override open(): Readonly<Record<string, BpfMap>> {
    return {};
  }

  /** Nothing has to be closed: it is memory. */
  override close(): void {}

  #memoryOf(map: BpfMap): VmMap {
    const found = this.#maps.get(map);
    if (found) return found;
    throw new WaggleError(
      `Cannot use map "${map.name}" in a kernel of a test: it is in another kernel: give what it is of to use() before anything else`,
    );
  }

  #check(command: string, action: string): void {
    const result = this.#failures.check(command);
    if (result < 0) throw new WaggleError(`Cannot ${action}: the test lets ${command} fail`);
  }
}

let types: Btf | undefined;

/** Headers of packets, which are the same everywhere. */
function packetTypes(): Btf {
  return types ??= parseBtf(Uint8Array.fromBase64(PACKET_TYPES));
}
