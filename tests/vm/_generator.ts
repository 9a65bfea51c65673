/** Random programs that the kernel's verifier takes, of everything that computes. */
import * as asm from "../../src/asm/mod.ts";
import type { Instruction, Memory, Register32, Register64 } from "../../src/asm/mod.ts";
import { Chance } from "./_random.ts";

const { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, w0, w1, w2, w3, w4, w5, w6, w7, w8 } = asm;
const { mov, add, ldImm64, ldx, st, stx, call, label, exit, jeq, jgt, jne, sub } = asm;

/** What the programs use: `values` is an array of 4 values of 64 bytes, `out` one of 1 value of 80. */
export const VALUE_SIZE = 64;
export const VALUE_COUNT = 4;
export const OUT_SIZE = 80;
export const PACKET_SIZE = 64;

export type GeneratedType = "xdp" | "sched_cls" | "socket_filter";

/** Those that hold numbers; r9 has the context. */
const WIDE: readonly Register64[] = [r0, r1, r2, r3, r4, r5, r6, r7, r8];
const NARROW: readonly Register32[] = [w0, w1, w2, w3, w4, w5, w6, w7, w8];
const SCRATCH: readonly Register64[] = [r0, r1, r2, r3, r4, r5];

/** How much of the stack always holds numbers, and where else things go. */
const SLOTS = 64;
const KEY = -72;
const SAVED = -128;

const TELLING = [0n, 1n, 2n, 7n, 31n, 32n, 33n, 63n, 64n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn];
const LARGE = [
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 32n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

const BINARY = ["add", "sub", "mul", "div", "sdiv", "mod", "smod", "or", "and", "xor", "mov"] as const;
const SHIFTS = ["lsh", "rsh", "arsh"] as const;
const JUMPS = ["jeq", "jne", "jgt", "jge", "jlt", "jle", "jset", "jsgt", "jsge", "jslt", "jsle"] as const;
const ATOMICS = [
  "atomicAdd",
  "atomicAnd",
  "atomicOr",
  "atomicXor",
  "atomicFetchAdd",
  "atomicFetchAnd",
  "atomicFetchOr",
  "atomicFetchXor",
  "atomicXchg",
  "atomicCmpxchg",
] as const;
const UNSIGNED = ["u8", "u16", "u32", "u64"] as const;
const SIGNED = ["s8", "s16", "s32"] as const;
const BYTES = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4 } as const;

/** What the kernel must have: version 4 of the instructions since Linux 6.6, the rest since 6.15. */
export interface Level {
  readonly version4: boolean;
  /** Atomic loads and stores, and sums of `bpf_csum_diff()` that are folded. */
  readonly ordered: boolean;
}

const NEWEST: Level = { version4: true, ordered: true };

/** Makes a program for a seed. */
export function generate(seed: number, type: GeneratedType, level: Level = NEWEST): Instruction[] {
  return new Generator(seed, type, level).program();
}

class Generator {
  readonly #chance: Chance;
  readonly #type: GeneratedType;
  readonly #level: Level;
  #labels = 0;
  /** Branches double the work of the verifier. */
  #branches = 0;
  #inFunction = false;
  #locked: Register64 | undefined;

  constructor(seed: number, type: GeneratedType, level: Level) {
    this.#level = level;
    this.#chance = new Chance(seed);
    this.#type = type;
  }

  program(): Instruction[] {
    const main = [
      mov(r9, r1),
      ...this.#numbers(WIDE),
      ...this.#fillStack(),
      ...this.#body(12 + this.#chance.below(30)),
      ...this.#report(),
      mov(r0, r7),
      exit(),
    ];
    this.#inFunction = true;
    this.#branches = 0;
    const body = [
      ...this.#numbers([r0, r4, r5, r6, r7, r8]),
      ...this.#fillStack(),
      ...this.#body(8),
      exit(),
    ];
    const [first, ...rest] = body as [Instruction, ...Instruction[]];
    return main.some(({ reference }) => reference?.name === "called")
      ? [...main, label("called", first), ...rest]
      : main;
  }

  #body(count: number): Instruction[] {
    return Array.from({ length: count }, () => this.#step()).flat();
  }

  #step(): Instruction[] {
    switch (this.#chance.below(this.#inFunction ? 12 : 18)) {
      case 0:
      case 1:
      case 2:
        return [this.#binary()];
      case 3:
        return [this.#shift()];
      case 4:
        return [this.#unary()];
      case 5:
        return [this.#store()];
      case 6:
        return [this.#load()];
      case 7:
        return [this.#atomic(this.#chance.pick(ATOMICS), r10, -SLOTS, SLOTS)];
      case 8:
        return this.#ordered();
      case 9:
      case 10:
        return this.#branch();
      case 11:
        return this.#loop();
      case 12:
      case 13:
        return this.#lookup();
      case 14:
        return this.#packet();
      case 15:
        return this.#legacyLoad();
      case 16:
        return this.#call();
      default:
        return this.#helper();
    }
  }

  #number(): bigint {
    const u32 = () => BigInt(this.#chance.u32());
    switch (this.#chance.below(4)) {
      case 0:
        return this.#chance.pick(TELLING);
      case 1:
        return this.#chance.pick(LARGE);
      case 2:
        return BigInt.asUintN(64, -this.#chance.pick(TELLING));
      default:
        return u32() << 32n | u32();
    }
  }

  #immediate(): number {
    return Number(BigInt.asIntN(32, this.#number()));
  }

  #numbers(registers: readonly Register64[]): Instruction[] {
    return registers.map((register) =>
      this.#chance.below(2) ? ldImm64(register, this.#number()) : mov(register, this.#immediate())
    );
  }

  #fillStack(): Instruction[] {
    const fill: Instruction[] = [];
    for (let at = -SLOTS; at < 0; at += 8) {
      fill.push(this.#chance.below(2) ? stx("u64", [r10, at], r4) : st("u64", [r10, at], this.#immediate()));
    }
    return fill;
  }

  /** A register that numbers may go to. */
  #at(): number {
    for (;;) {
      const at = this.#chance.below(WIDE.length);
      if (WIDE[at] !== this.#locked) return at;
    }
  }

  #wide(): Register64 {
    return WIDE[this.#at()] as Register64;
  }

  #binary(): Instruction {
    const operation = this.#chance.pick(
      this.#level.version4 ? BINARY : BINARY.filter((it) => it !== "sdiv" && it !== "smod"),
    );
    const [d, s] = [this.#at(), this.#chance.below(WIDE.length)];
    let imm = this.#immediate();
    // The verifier refuses to divide by a zero that it sees.
    if (/div|mod/.test(operation) && imm === 0) imm = -1;
    const build = asm[operation] as (
      dst: Register64 | Register32,
      src: Register64 | Register32 | number,
    ) => Instruction;
    const [dst, src] = this.#chance.below(2) ? [WIDE[d]!, WIDE[s]!] : [NARROW[d]!, NARROW[s]!];
    return build(dst, this.#chance.below(2) ? src : imm);
  }

  #shift(): Instruction {
    const build = asm[this.#chance.pick(SHIFTS)] as (
      dst: Register64 | Register32,
      src: Register64 | Register32 | number,
    ) => Instruction;
    const [d, s] = [this.#at(), this.#chance.below(WIDE.length)];
    const [dst, src, bits] = this.#chance.below(2) ? [WIDE[d]!, WIDE[s]!, 64] : [NARROW[d]!, NARROW[s]!, 32];
    return build(dst, this.#chance.below(2) ? src : this.#chance.below(bits));
  }

  #unary(): Instruction {
    const [d, s] = [this.#at(), this.#chance.below(WIDE.length)];
    const bits = this.#chance.pick([16, 32, 64] as const);
    switch (this.#chance.below(this.#level.version4 ? 6 : 3)) {
      case 0:
        return asm.neg(this.#chance.below(2) ? WIDE[d]! : NARROW[d]!);
      case 1:
        return asm.toBe(WIDE[d]!, bits);
      case 2:
        return asm.toLe(WIDE[d]!, bits);
      case 3:
        return asm.bswap(WIDE[d]!, bits);
      case 4:
        return asm.movsx(NARROW[d]!, NARROW[s]!, this.#chance.pick([8, 16] as const));
      default:
        return asm.movsx(WIDE[d]!, WIDE[s]!, this.#chance.pick([8, 16, 32] as const));
    }
  }

  #place(base: Register64, from: number, size: number, bytes: number): Memory {
    return [base, from + this.#chance.below(size / bytes) * bytes];
  }

  #store(base: Register64 = r10, from: number = -SLOTS, room: number = SLOTS): Instruction {
    const size = this.#chance.pick(UNSIGNED);
    const place = this.#place(base, from, room, BYTES[size]);
    if (this.#chance.below(2)) return stx(size, place, WIDE[this.#chance.below(WIDE.length)]!);
    const bits = Math.min(BYTES[size] * 8, 32);
    return st(size, place, Number(BigInt.asIntN(bits, this.#number())));
  }

  #load(base: Register64 = r10, from: number = -SLOTS, room: number = SLOTS): Instruction {
    const size = this.#chance.pick(this.#level.version4 ? [...UNSIGNED, ...SIGNED] : UNSIGNED);
    return ldx(size, this.#wide(), this.#place(base, from, room, BYTES[size]));
  }

  #atomic(kind: (typeof ATOMICS)[number], base: Register64, from: number, room: number): Instruction {
    const size = this.#chance.pick(["u32", "u64"] as const);
    // Those that write to r0 must not where it is a pointer.
    let source = this.#wide();
    if (source === base) source = r7;
    return asm[kind](size, this.#place(base, from, room, BYTES[size]), source);
  }

  /** Atomic loads and stores. */
  #ordered(): Instruction[] {
    if (!this.#level.ordered) return [this.#store()];
    const size = this.#chance.pick(UNSIGNED);
    const place = this.#place(r10, -SLOTS, SLOTS, BYTES[size]);
    return [
      this.#chance.below(2)
        ? asm.loadAcquire(size, this.#wide(), place)
        : asm.storeRelease(size, place, this.#wide()),
    ];
  }

  #label(): string {
    return `l${this.#inFunction ? "f" : ""}${this.#labels++}`;
  }

  #simple(count: number): Instruction[] {
    const kinds = [
      () => this.#binary(),
      () => this.#shift(),
      () => this.#unary(),
      () => this.#store(),
      () => this.#load(),
    ];
    return Array.from({ length: count }, () => this.#chance.pick(kinds)());
  }

  #branch(): Instruction[] {
    if (this.#branches++ > 8) return this.#simple(1);
    const [d, s] = [this.#chance.below(WIDE.length), this.#chance.below(WIDE.length)];
    const out = this.#label();
    const build = asm[this.#chance.pick(JUMPS)] as (
      dst: Register64 | Register32,
      src: Register64 | Register32 | number,
      target: string,
    ) => Instruction;
    const [dst, src] = this.#chance.below(2) ? [WIDE[d]!, WIDE[s]!] : [NARROW[d]!, NARROW[s]!];
    const jump = build(dst, this.#chance.below(2) ? src : this.#immediate(), out);
    const between = this.#simple(1 + this.#chance.below(4));
    if (this.#chance.below(3) > 0) return [jump, ...between, label(out, mov(r5, r5))];
    const end = this.#label();
    const over = this.#level.version4 && this.#chance.below(2) ? asm.gotol(end) : asm.ja(end);
    const [first, ...rest] = this.#simple(2) as [Instruction, ...Instruction[]];
    return [jump, ...between, over, label(out, first), ...rest, label(end, mov(r5, r5))];
  }

  #loop(): Instruction[] {
    const head = this.#label();
    this.#locked = r8;
    const [first, ...rest] = this.#simple(1 + this.#chance.below(4)) as [Instruction, ...Instruction[]];
    this.#locked = undefined;
    return [mov(r8, 1 + this.#chance.below(6)), label(head, first), ...rest, sub(r8, 1), jne(r8, 0, head)];
  }

  /** Looks a value up and works on it; the index may be that of none. */
  #lookup(): Instruction[] {
    const out = this.#label();
    this.#locked = r0;
    const work: Instruction[] = [...this.#numbers([r1, r2, r3, r4, r5])];
    for (let i = this.#chance.below(5); i >= 0; i--) {
      const kind = this.#chance.pick(ATOMICS.filter((it) => it !== "atomicCmpxchg"));
      work.push(
        this.#chance.pick([
          () => this.#load(r0, 0, VALUE_SIZE),
          () => this.#storeNumber(r0, VALUE_SIZE),
          () => this.#atomic(kind, r0, 0, VALUE_SIZE),
        ])(),
      );
    }
    this.#locked = undefined;
    return [
      st("u32", [r10, KEY], this.#chance.below(VALUE_COUNT + 1)),
      mov(r2, r10),
      add(r2, KEY),
      asm.ldMap(r1, "values"),
      call("bpf_map_lookup_elem"),
      jeq(r0, 0, out),
      ...work,
      label(out, mov(r0, this.#immediate())),
      ...this.#numbers([r1, r2, r3, r4, r5]),
    ];
  }

  /** A store of something that is no pointer. */
  #storeNumber(base: Register64, room: number): Instruction {
    const size = this.#chance.pick(UNSIGNED);
    return stx(size, this.#place(base, 0, room, BYTES[size]), this.#chance.pick([r6, r7, r8]));
  }

  /** Reads and writes some of the packet, which may be shorter than that. */
  #packet(): Instruction[] {
    if (this.#type === "socket_filter") return this.#legacyLoad();
    const [data, end] = this.#type === "xdp" ? [0, 4] : [76, 80]; // struct xdp_md, struct __sk_buff
    const size = this.#chance.pick([8, 16, 32, PACKET_SIZE, PACKET_SIZE + 8]);
    const out = this.#label();
    const work: Instruction[] = [];
    this.#locked = r2;
    for (let i = this.#chance.below(4); i >= 0; i--) {
      work.push(this.#chance.below(2) ? this.#load(r2, 0, size) : this.#storeNumber(r2, size));
    }
    this.#locked = undefined;
    return [
      ldx("u32", r2, [r9, data]),
      ldx("u32", r3, [r9, end]),
      mov(r4, r2),
      add(r4, size),
      jgt(r4, r3, out),
      ...this.#numbers([r3, r4]),
      ...work,
      label(out, mov(r2, this.#immediate())),
      ...this.#numbers([r3, r4]),
    ];
  }

  #legacyLoad(): Instruction[] {
    if (this.#type === "xdp") return [this.#binary()];
    const size = this.#chance.pick(["u8", "u16", "u32"] as const);
    const offset = this.#chance.pick([
      0,
      1,
      2,
      12,
      14,
      23,
      30,
      46,
      PACKET_SIZE - 4,
      -0x10_0000 + 4,
      -0x20_0000 + 12,
    ]);
    const load = this.#chance.below(2) && offset >= 0
      ? [mov(r7, this.#chance.below(offset + 1)), asm.ldInd(size, r7, offset >> 1)]
      : [asm.ldAbs(size, offset)];
    return [mov(r6, r9), ...load, ...this.#numbers([r1, r2, r3, r4, r5, r6])];
  }

  #call(): Instruction[] {
    return [asm.callFunction("called"), ...this.#numbers([r1, r2, r3, r4, r5])];
  }

  #helper(): Instruction[] {
    if (!this.#level.ordered && this.#type !== "socket_filter") return [this.#load()];
    const after = this.#numbers([r1, r2, r3, r4, r5]);
    const sizes = [0, 4, 8, 16, 32];
    // Socket filters have no bpf_csum_diff(), XDP programs no socket buffer.
    const [first, count] = { xdp: [0, 1], sched_cls: [0, 3], socket_filter: [1, 2] }[this.#type] as [
      number,
      number,
    ];
    switch (first + this.#chance.below(count)) {
      case 0: {
        const [from, to] = [this.#chance.pick(sizes), this.#chance.pick(sizes)];
        return [
          mov(r1, r10),
          add(r1, -SLOTS),
          mov(r2, from),
          mov(r3, r10),
          add(r3, -32),
          mov(r4, to),
          mov(r5, this.#immediate()),
          call("bpf_csum_diff"),
          ...after,
        ];
      }
      default:
        return [
          mov(r1, r9),
          mov(r2, this.#chance.below(PACKET_SIZE + 2)),
          mov(r3, r10),
          add(r3, -SLOTS),
          mov(r4, 1 + this.#chance.below(SLOTS)),
          call("bpf_skb_load_bytes"),
          ...after,
        ];
    }
  }

  /** All registers into the map `out`. */
  #report(): Instruction[] {
    return [
      ...SCRATCH.map((register, at) => stx("u64", [r10, SAVED + at * 8], register)),
      st("u32", [r10, KEY], 0),
      mov(r2, r10),
      add(r2, KEY),
      asm.ldMap(r1, "out"),
      call("bpf_map_lookup_elem"),
      jeq(r0, 0, "reported"),
      ...SCRATCH.flatMap((_, at) => [ldx("u64", r1, [r10, SAVED + at * 8]), stx("u64", [r0, at * 8], r1)]),
      stx("u64", [r0, 48], r6),
      stx("u64", [r0, 56], r7),
      stx("u64", [r0, 64], r8),
      label("reported", mov(r0, 0)),
    ];
  }
}
