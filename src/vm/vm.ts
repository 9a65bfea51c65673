/**
 * The virtual machine.
 *
 * @module
 */
import { helperName, type Instruction, PSEUDO, slotsByIndex } from "../asm/mod.ts";
import { BytecodeError, NotFoundError } from "../errors.ts";
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import { type Code, prepare } from "./_code.ts";
import { setScene } from "./_context.ts";
import type { Places } from "./_decode.ts";
import { Engine } from "./_engine.ts";
import { DYNPTR_HELPERS } from "./_help_dynptr.ts";
import { EVENT_HELPERS } from "./_help_events.ts";
import { MAP_HELPERS } from "./_help_maps.ts";
import { PACKET_HELPERS } from "./_help_packets.ts";
import { fire, nextTimer, TIMER_HELPERS } from "./_help_timers.ts";
import { WORLD_HELPERS } from "./_help_world.ts";
import type { Helper } from "./_machine.ts";
import { Fault, region, toAddress } from "./_memory.ts";
import type { Natives } from "./_native.ts";
import { Coverage } from "./coverage.ts";
import { VmMap } from "./map.ts";
import type { VmHelper, VmOptions, VmRunOptions, VmRunResult, VmTask } from "./types.ts";

const NATIVES: Natives = {
  ...MAP_HELPERS,
  ...EVENT_HELPERS,
  ...DYNPTR_HELPERS,
  ...PACKET_HELPERS,
  ...TIMER_HELPERS,
  ...WORLD_HELPERS,
};
const DEFAULT_LIMIT = 10_000_000;

/**
 * Runs a BPF program without a kernel, for tests: what is around it is under the test's control, and everything that the
 * verifier would have refused is an error that says where.
 *
 * Memory is that of a little-endian machine. What programs read of a stack that they have not written is zeroes. Packets
 * are in one piece. Sockets, routes, stack traces, arenas and buffers that user space writes are not modelled: what asks
 * for them is an error that names the helper, which the test may give in {@linkcode VmOptions.helpers}.
 *
 * @example
 * ```ts
 * import { add, exit, ldx, r0, r1, r2 } from "@waggle/ebpf/asm";
 * import { mov } from "@waggle/ebpf/asm";
 * import { Vm } from "@waggle/ebpf/vm";
 *
 * const vm = new Vm({
 *   type: "xdp",
 *   instructions: [ldx("u32", r2, [r1, 0]), ldx("u8", r0, [r2, 0]), add(r0, 1), exit()],
 * });
 * const { returnValue } = vm.run({ data: new Uint8Array(64).fill(7) }); // 8
 * ```
 */
export class Vm {
  /** The maps, by name. */
  readonly maps: Readonly<Record<string, VmMap>>;
  readonly #engine: Engine;
  readonly #code: Code;
  /** The programs that were gone on to by tail calls, by name. */
  readonly #others = new Map<string, Code>();
  readonly #options: VmOptions;
  readonly #helpers = new Map<string, number>();

  /**
   * Makes a machine; nothing runs yet.
   *
   * @throws {NotFoundError} An instruction refers to a map or kernel variable that is not given.
   * @throws {BytecodeError} A jump or call has a target that is not there.
   */
  constructor(options: VmOptions) {
    const { cpu = 0, cpus = cpu + 1, clock = 0n, random = 1, task = { pid: 1 } } = options;
    this.#options = options;
    const engine = new Engine(
      BPF_PROG_TYPE[options.type.toUpperCase() as keyof typeof BPF_PROG_TYPE],
      task,
      cpus,
    );
    this.#engine = engine;
    engine.clock = typeof clock === "function" ? clock : () => clock;
    engine.random = typeof random === "function" ? random : randomNumbers(random);
    this.cpu = cpu;
    engine.cookie = options.cookie ?? 0n;
    this.maps = Object.fromEntries(
      Object.entries(options.maps ?? {}).map((
        [name, map],
      ) => [name, map instanceof VmMap ? map : new VmMap(name, map, cpus)]),
    );
    for (const map of Object.values(this.maps)) engine.place(map);
    this.#code = this.#prepare(options.name ?? "program", options.instructions);
    engine.program = (name) => this.#program(name);
  }

  /**
   * Runs the program once, as `Program.run()` does in the kernel. Maps keep what it wrote.
   *
   * @throws {VmError} The program did what the verifier would not let it, or ran too long.
   * @throws {RangeError} The data or context do not fit the type of program.
   */
  run(options: VmRunOptions = {}): VmRunResult {
    const engine = this.#engine;
    const mark = engine.memory.size;
    const { data } = options;
    try {
      const context = typeof options.context === "function" ? options.context(this) : options.context;
      const scene = setScene(engine.memory, engine.type, this.#code.name, data, context);
      engine.steps = 0;
      engine.limit = this.#limit;
      const returnValue = engine.run(this.#code, scene);
      return {
        returnValue,
        data: scene.data(),
        ...(context && { context: scene.contextAfter() }),
        instructions: engine.steps,
        printed: engine.printed,
        redirects: engine.redirects,
      };
    } finally {
      engine.shrink(mark);
    }
  }

  /** What has been run so far, of the program and of those that it went on to by tail calls. */
  get coverage(): Coverage {
    return Coverage.of([this.#code, ...this.#others.values()]);
  }

  /** The time that programs see, in ns. */
  get clock(): bigint {
    return this.#engine.clock();
  }

  set clock(time: bigint) {
    this.#engine.clock = () => time;
  }

  /**
   * Lets time pass: timers that programs started go off in their order, and the clock is that of each meanwhile. Returns
   * how many went off.
   *
   * @param time In ns.
   * @throws {VmError} The function of a timer did what the verifier would not let it.
   */
  elapse(time: bigint): number {
    const until = this.clock + time;
    let count = 0;
    this.#engine.steps = 0;
    this.#engine.limit = this.#limit;
    for (
      let timer = nextTimer(this.#engine, until);
      timer !== undefined;
      timer = nextTimer(this.#engine, until)
    ) {
      if (timer.due !== undefined && timer.due > this.clock) this.clock = timer.due;
      timer.due = undefined;
      fire(this.#engine, timer);
      count++;
    }
    this.clock = until;
    return count;
  }

  /**
   * The CPU that programs run on.
   *
   * @throws {RangeError} There are fewer CPUs.
   */
  get cpu(): number {
    return this.#engine.cpu;
  }

  set cpu(cpu: number) {
    const { cpus } = this.#engine;
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cpus) {
      throw new RangeError(
        `Cannot run programs on CPU ${cpu}: the machine has ${cpus}: give it more as cpus`,
      );
    }
    this.#engine.cpu = cpu;
  }

  /** Who runs the programs. */
  get task(): VmTask {
    return this.#engine.task;
  }

  set task(task: VmTask) {
    this.#engine.task = task;
  }

  /**
   * Puts bytes where programs reach them, and gives their address: a struct of the kernel, memory of a process. What is
   * put there outside of a run stays; what helpers put there is gone after it.
   */
  allocate(bytes: Uint8Array, name = "memory of the test"): bigint {
    return toAddress(this.#engine.memory.add(region(name, bytes)), 0);
  }

  /**
   * The bytes at an address, not a copy.
   *
   * @throws {RangeError} Programs could not reach all of them. Where a helper lets it through, {@linkcode Vm.run} says where.
   */
  memory(address: bigint, size: number): Uint8Array {
    const high = Number(BigInt.asIntN(32, address >> 32n));
    const low = Number(address & 0xffff_ffffn);
    return this.#engine.memory.locate(high, low, size, false).bytes.subarray(low, low + size);
  }

  /**
   * The bytes of a global variable, not a copy: what is written there, programs read.
   *
   * @example
   * ```ts ignore
   * vm.variable("limit").setUint32(0, 5, true);
   * ```
   *
   * @throws {NotFoundError} There is no such variable.
   */
  variable(name: string): DataView {
    const { variables = [] } = this.#options;
    const found = variables.find((variable) => variable.name === name);
    const map = found && this.maps[found.section];
    if (found === undefined || map === undefined) {
      const names = variables.map((variable) => variable.name).join(", ");
      throw new NotFoundError(`Cannot find variable "${name}": the program has ${names || "none"}`);
    }
    const { bytes } = map.store.values;
    return new DataView(bytes.buffer, bytes.byteOffset + found.offset, found.size);
  }

  /** The map whose address a program gave to a helper; `undefined` where it is of none. */
  mapAt(address: bigint): VmMap | undefined {
    const found = this.#engine.memory.at(Number(BigInt.asIntN(32, address >> 32n)))?.object;
    return found instanceof VmMap ? found : undefined;
  }

  get #limit(): number {
    return this.#options.maxInstructions ?? DEFAULT_LIMIT;
  }

  /** A program for tail calls, which is made ready when it is first called: it may refer to what others do not need. */
  #program(name: string): Code | undefined {
    const { programs = {}, instructions: own } = this.#options;
    const instructions = Object.hasOwn(programs, name) ? programs[name] : undefined;
    if (instructions === own) return this.#code;
    let code = this.#others.get(name);
    if (code === undefined && instructions !== undefined) {
      this.#others.set(name, code = this.#prepare(name, instructions));
    }
    return code;
  }

  #prepare(name: string, instructions: readonly Instruction[]): Code {
    return prepare(name, instructions, this.#places(name, instructions));
  }

  #places(program: string, instructions: readonly Instruction[]): Places {
    const engine = this.#engine;
    const { jumpTables = {}, ksyms = {} } = this.#options;
    return {
      code: engine.codeHigh,
      map: (name, value, offset) => {
        const table = jumpTables[name];
        if (table !== undefined) return [this.#jumpTable(instructions, table), offset];
        const map = this.maps[name];
        if (map === undefined) {
          throw new NotFoundError(
            `Cannot run program "${program}": it refers to map "${name}": give it in maps`,
          );
        }
        return [engine.place(map) + Number(value), offset];
      },
      ksym: (name, weak) => {
        const value = ksyms[name];
        if (value !== undefined || weak) return value ?? 0n;
        throw new NotFoundError(
          `Cannot run program "${program}": it refers to kernel variable "${name}": give it in ksyms`,
        );
      },
      helper: (call) => this.#helper(call),
    };
  }

  /** The upper half of the address of a table of addresses of instructions. */
  #jumpTable(instructions: readonly Instruction[], slots: readonly number[]): number {
    const indices = new Map([...slotsByIndex(instructions)].map((slot, index) => [slot, index]));
    const view = new DataView(new ArrayBuffer(slots.length * 8));
    for (const [at, slot] of slots.entries()) {
      const index = indices.get(slot);
      if (index === undefined) {
        throw new BytecodeError(`Cannot make a jump table: slot ${slot} starts no instruction`);
      }
      view.setBigUint64(at * 8, toAddress(this.#engine.codeHigh, index), true);
    }
    return this.#engine.memory.add(region("a jump table", new Uint8Array(view.buffer), { writable: false }));
  }

  /** The number of what a call is for; what is not there is an error only where it is called. */
  #helper({ src, imm, reference }: Instruction): number {
    const name = reference?.name ??
      (src === PSEUDO.KFUNC_CALL ? `kernel function ${imm}` : helperName(imm) ?? `helper ${imm}`);
    let number = this.#helpers.get(name);
    if (number === undefined) {
      number = this.#engine.helpers.push(this.#makeHelper(name) as Helper<never>) - 1;
      this.#helpers.set(name, number);
    }
    return number;
  }

  #makeHelper(name: string): Helper<Engine> {
    const { helpers = {} } = this.#options;
    const given = Object.hasOwn(helpers, name) ? helpers[name] : undefined;
    if (given !== undefined) return this.#intercepted(name, this.#wrap(given));
    const native = Object.hasOwn(NATIVES, name) ? NATIVES[name] : undefined;
    if (native !== undefined) return this.#intercepted(name, { reads: (2 << native[0]) - 2, run: native[1] });
    return {
      reads: 0,
      run: () => {
        throw new Fault(`calls "${name}", which the virtual machine does not have: give it in helpers`);
      },
    };
  }

  #wrap(helper: VmHelper): Helper<Engine> {
    return { reads: 0, run: (engine) => helper(...argumentsOf(engine), this) ?? 0 };
  }

  #intercepted(name: string, helper: Helper<Engine>): Helper<Engine> {
    const { intercept } = this.#options;
    if (intercept === undefined) return helper;
    return {
      reads: helper.reads,
      run: (engine) => intercept(name, ...argumentsOf(engine), this) ?? helper.run(engine),
    };
  }
}

/** What is in r1 to r5; 0 where nothing was put. */
function argumentsOf(engine: Engine): [bigint, bigint, bigint, bigint, bigint] {
  const at = (register: number) => (engine.init >> register) & 1 ? engine.get(register) : 0n;
  return [at(1), at(2), at(3), at(4), at(5)];
}

/** The same numbers from the same seed (xorshift32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
