/** The machine: registers, frames and the loop that runs instructions. */
import { alu32, alu64 } from "./_arithmetic.ts";
import { atomic } from "./_atomic.ts";
import { ARGUMENTS, type Code, type Op, opAt } from "./_code.ts";
import { jumps32, jumps64 } from "./_jump.ts";
import { Fault, Memory, type Region, region } from "./_memory.ts";
import { IMMEDIATE } from "./_operation.ts";
import { located, unset } from "./_place.ts";

/** The bytes of a frame's stack (`MAX_BPF_STACK`). */
const STACK_SIZE = 512;
/** How deep calls nest, the program itself counted (`MAX_CALL_FRAMES`). */
const MAX_FRAMES = 8;
/** How often `may_goto` goes on in one function (`BPF_MAX_LOOPS`). */
const MAY_GOTO_LIMIT = 8 * 1024 * 1024;

const FRAME_POINTER = 1 << 10;
const SAVED = 8;

/** A helper, as the machine calls it: arguments are in its registers. */
export interface Helper<M = Machine> {
  /** The registers that have to be set, one bit each. */
  readonly reads: number;
  /** The result for r0; `undefined` where the helper has put it there. */
  readonly run: (machine: M) => number | bigint | undefined;
}

/** Where a called function goes on. */
interface Return {
  readonly op: Op;
  readonly init: number;
  readonly mayGoto: number;
}

/** Runs programs. Helpers and packets are what is made of it in `_run.ts`. */
export class Machine {
  /** The lower halves of r0 to r10. */
  readonly low: Int32Array = new Int32Array(11);
  /** The upper halves. */
  readonly high: Int32Array = new Int32Array(11);
  readonly memory: Memory = new Memory();
  /** By the numbers that code has for them. */
  readonly helpers: Helper<never>[] = [];
  /** The upper half of addresses of functions. */
  readonly codeHigh: number;
  /** How many instructions were run. */
  steps = 0;
  /** How many may be. */
  limit = 0;
  /** The registers that are set where a helper is called, one bit each. */
  init = 0;
  /** Set by a tail call: what to go on with. */
  next: Code | undefined;
  /** Loads of packets of old: false ends the program. */
  loadPacket: (size: number, offset: number) => boolean = () => {
    throw new Fault("loads from a packet, which this type of program has not");
  };
  readonly #stackHigh: number;
  readonly #stacks: Region[] = [];
  readonly #saved = new Int32Array(MAX_FRAMES * SAVED);
  readonly #returns: Return[] = [];
  #depth = 0;
  /** What called a helper, or returned. */
  #op: Op | undefined;

  /** Makes a machine with empty memory. */
  constructor() {
    this.codeHigh = this.memory.add(region("a function", new Uint8Array(0)));
    for (let depth = 0; depth < MAX_FRAMES; depth++) {
      this.#stacks.push(region("the stack", new Uint8Array(STACK_SIZE)));
    }
    this.#stackHigh = this.#stacks.map((stack) => this.memory.add(stack))[0] ?? 0;
  }

  /** Runs a program from its start, or a function of it; r1 and on are set. Returns whether r0 is set. */
  start(code: Code, entry = 0, args = 1): boolean {
    this.#depth = 0;
    this.#returns.length = 0;
    this.#enterFrame(0);
    return this.#execute(opAt(code, entry), (2 << args) - 2 | FRAME_POINTER);
  }

  /** The program that calls a helper. */
  get code(): Code {
    if (this.#op === undefined) throw new Fault("asks for a program outside of a run");
    return this.#op.code;
  }

  /** Calls a function of the program that calls a helper; r1 and on are set. r0 has the result. */
  callback(high: number, low: number, args: number): void {
    const caller = this.#op;
    if (caller === undefined || high !== this.codeHigh) {
      throw new Fault("calls back something that is no function");
    }
    this.#push({ op: caller, init: 0, mayGoto: 0 });
    const given = this.#execute(opAt(caller.code, low), (2 << args) - 2 | FRAME_POINTER);
    this.#pop();
    this.#op = caller;
    if (!given) this.low[0] = this.high[0] = 0;
  }

  /** Refuses what a program left when it returned. */
  refuse(state: string): never {
    if (this.#op === undefined) throw new Fault(state);
    throw located(new Fault(state), this.#op);
  }

  /** Sets a register to a number: any integer that JavaScript holds exactly, or any 64 bits. */
  set(register: number, value: number | bigint): void {
    if (typeof value === "bigint") {
      this.low[register] = Number(BigInt.asIntN(32, value));
      this.high[register] = Number(BigInt.asIntN(32, value >> 32n));
    } else {
      this.low[register] = value;
      this.high[register] = Math.floor(value / 0x1_0000_0000);
    }
  }

  /** The 64 bits of a register. */
  get(register: number): bigint {
    return BigInt.asUintN(64, BigInt(this.high[register]!) << 32n) | BigInt(this.low[register]! >>> 0);
  }

  /** The bytes that a register points to. */
  bytes(register: number, size: number, write = false): Uint8Array {
    if (size === 0) return new Uint8Array(0);
    const at = this.low[register]! >>> 0;
    return this.memory.locate(this.high[register]!, at, size, write).bytes.subarray(at, at + size);
  }

  /** Runs until the function returns that it starts in. Returns whether r0 is set. */
  #execute(start: Op, set: number): boolean {
    const { low, high, memory, limit } = this;
    const base = this.#depth;
    let op = start;
    let init = set;
    let mayGoto = 0;
    let steps = this.steps;
    try {
      for (;;) {
        if (++steps > limit) throw new Fault(`has run ${limit} instructions and goes on`);
        if ((init & op.reads) !== op.reads) throw new Fault(unset(op.reads & ~init));
        init |= op.writes;
        op.hits++;
        const { dst: d, src: s } = op;
        // The cases are the numbers of KIND: engines make a table of literals only.
        switch (op.kind) {
          case 1: // ALU64
            if (s === IMMEDIATE) alu64(low, high, op.operation, d, op.imm, op.high);
            else alu64(low, high, op.operation, d, low[s]!, high[s]!);
            op = op.next;
            break;
          case 2: // ALU32
            alu32(low, high, op.operation, d, s === IMMEDIATE ? op.imm : low[s]!);
            op = op.next;
            break;
          case 3: { // JUMP64
            const taken = s === IMMEDIATE
              ? jumps64(op.operation, low[d]!, high[d]!, op.imm, op.high)
              : jumps64(op.operation, low[d]!, high[d]!, low[s]!, high[s]!);
            op = taken ? op.target : op.next;
            break;
          }
          case 4: // JUMP32
            op = jumps32(op.operation, low[d]!, s === IMMEDIATE ? op.imm : low[s]!) ? op.target : op.next;
            break;
          case 5: // JUMP
            op = op.target;
            break;
          case 6: { // LOAD
            const lo = (low[s]! + op.offset) | 0;
            this.#load(d, high[s]! + carry(low[s]!, lo, op.offset), lo, op.operation);
            op = op.next;
            break;
          }
          case 7: { // STORE
            const lo = (low[d]! + op.offset) | 0;
            const size = op.operation;
            const { view } = memory.locate(high[d]! + carry(low[d]!, lo, op.offset), lo, size, true);
            const value = s === IMMEDIATE ? op.imm : low[s]!;
            if (size === 8) {
              view.setInt32(lo >>> 0, value, true);
              view.setInt32((lo >>> 0) + 4, s === IMMEDIATE ? op.high : high[s]!, true);
            } else if (size === 4) view.setInt32(lo >>> 0, value, true);
            else if (size === 2) view.setInt16(lo >>> 0, value, true);
            else view.setInt8(lo >>> 0, value);
            op = op.next;
            break;
          }
          case 8: { // ATOMIC
            const lo = (low[d]! + op.offset) | 0;
            const size = op.operation;
            const place = memory.locate(high[d]! + carry(low[d]!, lo, op.offset), lo, size, true);
            if ((lo & (size - 1)) !== 0) {
              throw new Fault(`does an atomic operation at an address not aligned to ${size}`);
            }
            atomic(low, high, place, lo >>> 0, size, op.imm, s);
            op = op.next;
            break;
          }
          case 9: // WIDE
            low[d] = op.imm;
            high[d] = op.high;
            op = op.next;
            break;
          case 10: // CALL
            this.#push({ op: op.next, init, mayGoto });
            init = (init & ARGUMENTS) | FRAME_POINTER;
            mayGoto = 0;
            op = op.target;
            break;
          case 11: { // HELPER
            const helper = this.helpers[op.imm] as unknown as Helper<this>;
            if ((init & helper.reads) !== helper.reads) throw new Fault(unset(helper.reads & ~init));
            this.init = init;
            this.#op = op;
            // Callbacks count too.
            this.steps = steps;
            const result = helper.run(this);
            steps = this.steps;
            if (result !== undefined) this.set(0, result);
            init = (init & ~ARGUMENTS) | 1;
            op = op.next;
            if (this.next !== undefined) {
              op = opAt(this.next, 0);
              this.next = undefined;
              this.#enterFrame(this.#depth);
              init = 0b10 | FRAME_POINTER;
              mayGoto = 0;
            }
            break;
          }
          case 12: { // EXIT
            if (this.#depth === base) {
              this.#op = op;
              return (init & 1) !== 0;
            }
            const to = this.#pop();
            init = (to.init & ~(ARGUMENTS | 1)) | (init & 1);
            mayGoto = to.mayGoto;
            op = to.op;
            break;
          }
          case 13: { // PACKET
            const offset = s === IMMEDIATE ? op.imm : (op.imm + low[s]!) | 0;
            if (!this.loadPacket(op.operation, offset)) {
              low[0] = high[0] = 0;
              return true;
            }
            init = (init & ~ARGUMENTS) | 1;
            op = op.next;
            break;
          }
          case 14: // MAY_GOTO
            op = ++mayGoto > MAY_GOTO_LIMIT ? op.target : op.next;
            break;
          case 15: // JUMP_TABLE
            if (high[d] !== this.codeHigh) throw new Fault("jumps to an address that is of no instruction");
            op = opAt(op.code, low[d]!);
            break;
          default:
            throw new Fault(op.next === op ? "goes on where no instruction is" : "is not valid");
        }
      }
    } catch (error) {
      throw error instanceof Fault ? located(error, op) : error;
    } finally {
      this.steps = steps;
    }
  }

  #load(d: number, hi: number, lo: number, size: number): void {
    const place = this.memory.locate(hi | 0, lo, size < 0 ? -size : size, false);
    const { view } = place;
    const at = lo >>> 0;
    let low: number;
    let high = 0;
    switch (size) {
      case 8:
        low = view.getInt32(at, true);
        high = view.getInt32(at + 4, true);
        break;
      case 4: {
        const pointer = place.pointers?.get(at);
        low = pointer === undefined ? view.getInt32(at, true) : pointer();
        if (pointer !== undefined) high = place.target ?? 0;
        break;
      }
      case 2:
        low = view.getUint16(at, true);
        break;
      case 1:
        low = view.getUint8(at);
        break;
      case -4:
        low = view.getInt32(at, true);
        high = low >> 31;
        break;
      case -2:
        low = view.getInt16(at, true);
        high = low >> 31;
        break;
      default:
        low = view.getInt8(at);
        high = low >> 31;
    }
    this.low[d] = low;
    this.high[d] = high;
  }

  #push(to: Return): void {
    const depth = ++this.#depth;
    if (depth === MAX_FRAMES) throw new Fault(`calls functions more than ${MAX_FRAMES} deep`);
    this.#returns.push(to);
    const at = depth * SAVED;
    for (let r = 0; r < 4; r++) {
      this.#saved[at + r] = this.low[6 + r]!;
      this.#saved[at + 4 + r] = this.high[6 + r]!;
    }
    this.#enterFrame(depth);
  }

  #pop(): Return {
    const at = this.#depth * SAVED;
    for (let r = 0; r < 4; r++) {
      this.low[6 + r] = this.#saved[at + r]!;
      this.high[6 + r] = this.#saved[at + 4 + r]!;
    }
    this.high[10] = this.#stackHigh + --this.#depth;
    return this.#returns.pop()!;
  }

  /** Programs must not count on what the stack has; here it is always zeroes, so that runs are alike. */
  #enterFrame(depth: number): void {
    this.#stacks[depth]!.bytes.fill(0);
    this.low[10] = STACK_SIZE;
    this.high[10] = this.#stackHigh + depth;
  }
}

/** What adding an offset to the lower half of an address adds to the upper. */
function carry(before: number, after: number, offset: number): number {
  if (offset >= 0) return (after >>> 0) < (before >>> 0) ? 1 : 0;
  return (after >>> 0) > (before >>> 0) ? -1 : 0;
}
