/**
 * One instruction as text.
 *
 * @module
 */
import { helperName } from "./helpers.ts";
import type { Instruction } from "./instruction.ts";
import { ALU, ATOMIC, CLASS, JUMP, LD_IMM64, MASK, MODE, PSEUDO, SOURCE } from "./opcode.ts";

/** Indexed by operation >> 4. */
const ALU_SYMBOLS = ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", , "%=", "^=", "=", "s>>="];

/** Indexed by operation >> 4. */
const JUMP_SYMBOLS = [, "==", ">", ">=", "&", "!=", "s>", "s>=", , , "<", "<=", "s<", "s<="];

/** Indexed by size >> 3. */
const SIZES = ["u32", "u16", "u8", "u64"];

/** Indexed by size >> 3. */
const SIGNED_SIZES = ["s32", "s16", "s8"];

/** Indexed by class. */
const CLASSES = ["ld", "ldx", "st", "stx", "alu", "jmp", "jmp32", "alu64"];

const ATOMIC_NAMES: Readonly<Record<number, string>> = {
  [ATOMIC.ADD]: "add",
  [ATOMIC.OR]: "or",
  [ATOMIC.AND]: "and",
  [ATOMIC.XOR]: "xor",
};

/** Internal to the kernel: a barrier that its verifier puts in, seen in dumps. */
const MODE_NOSPEC = 0xc0;

/** Internal to the kernel: the offset of the move that makes an address per-CPU, seen in dumps. */
const ADDR_PERCPU = -1;

/**
 * Formats an instruction as the kernel does, with its opcode in front: `(07) r2 += -4`.
 *
 * What a reference names is printed by its name. Numbers of maps are printed as ids, which they are in a loaded
 * program. Instructions the kernel does not know read `BUG_` with their class and opcode.
 *
 * @example
 * ```ts
 * import { call, formatInstruction } from "@waggle/ebpf/asm";
 *
 * const text: string = formatInstruction(call("bpf_map_lookup_elem")); // (85) call bpf_map_lookup_elem#1
 * ```
 */
export function formatInstruction(instruction: Instruction): string {
  const { opcode } = instruction;
  const code = opcode.toString(16).padStart(2, "0");
  const text = FORMATTERS[opcode & MASK.CLASS]?.(instruction);
  return `(${code}) ${text ?? `BUG_${CLASSES[opcode & MASK.CLASS]}_${code}`}`;
}

/** Indexed by class; `undefined` comes back for what is not defined. */
const FORMATTERS: readonly ((instruction: Instruction) => string | undefined)[] = [
  formatLd,
  formatLdx,
  formatSt,
  formatStx,
  formatAlu,
  formatJump,
  formatJump,
  formatAlu,
];

function formatAlu({ opcode, dst, src, offset, imm }: Instruction): string | undefined {
  const operation = opcode & MASK.OPERATION;
  const wide = (opcode & MASK.CLASS) === CLASS.ALU64;
  const fromRegister = (opcode & MASK.SOURCE) === SOURCE.X;
  const prefix = wide ? "r" : "w";
  if (operation === ALU.END) {
    const order = fromRegister ? "be" : "le";
    return `r${dst} = ${wide ? "bswap" : order}${imm} r${dst}`;
  }
  if (operation === ALU.NEG) return `${prefix}${dst} = -${prefix}${dst}`;
  if (operation === ALU.MOV && wide && fromRegister) {
    if (offset === 1) return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
    if (offset === ADDR_PERCPU) return `r${dst} = &(void __percpu *)(r${src})`;
  }
  const symbol = ALU_SYMBOLS[operation >> 4];
  if (symbol === undefined) return undefined;
  const signed = (operation === ALU.DIV || operation === ALU.MOD) && offset === 1 ? "s" : "";
  if (!fromRegister) return `${prefix}${dst} ${signed}${symbol} ${imm}`;
  const extend = operation === ALU.MOV && (offset === 8 || offset === 16 || offset === 32);
  return `${prefix}${dst} ${signed}${symbol} ${extend ? `(s${offset})` : ""}${prefix}${src}`;
}

function formatJump(instruction: Instruction): string | undefined {
  const { opcode, dst, src, offset, imm } = instruction;
  const operation = opcode & MASK.OPERATION;
  const wide = (opcode & MASK.CLASS) === CLASS.JMP;
  const fromRegister = (opcode & MASK.SOURCE) === SOURCE.X;
  if (operation === JUMP.CALL) return formatCall(instruction);
  if (operation === JUMP.EXIT) return opcode === (CLASS.JMP | JUMP.EXIT) ? "exit" : undefined;
  if (operation === JUMP.JA) {
    if (fromRegister) return wide ? `gotox r${dst}` : undefined;
    return wide ? `goto ${target(instruction, offset)}` : `gotol ${target(instruction, imm)}`;
  }
  if (operation === JUMP.JCOND) {
    return wide && !fromRegister && src === 0 ? `may_goto ${target(instruction, offset)}` : undefined;
  }
  const symbol = JUMP_SYMBOLS[operation >> 4];
  if (symbol === undefined) return undefined;
  const prefix = wide ? "r" : "w";
  const operand = fromRegister ? `${prefix}${src}` : `0x${hex(imm)}`;
  return `if ${prefix}${dst} ${symbol} ${operand} goto ${target(instruction, offset)}`;
}

function formatCall({ src, imm, reference }: Instruction): string {
  if (reference !== undefined) return `call ${reference.name}`;
  if (src === PSEUDO.CALL) return `call pc${plus(imm)}`;
  if (src === PSEUDO.KFUNC_CALL) return `call kernel-function#${imm}`;
  return `call ${src === 0 && helperName(imm) || "unknown"}#${imm}`;
}

function formatLd(instruction: Instruction): string | undefined {
  const { opcode, dst, src, imm } = instruction;
  if (opcode === LD_IMM64) return `r${dst} = ${formatImm64(instruction)}`;
  const size = SIZES[(opcode & MASK.SIZE) >> 3];
  const mode = opcode & MASK.MODE;
  if (mode === MODE.ABS) return `r0 = *(${size} *)skb[${imm}]`;
  if (mode === MODE.IND) return `r0 = *(${size} *)skb[r${src} + ${imm}]`;
  return undefined;
}

function formatImm64({ src, imm, immHigh, reference }: Instruction): string {
  switch (reference?.kind) {
    case "map":
      return `map[${reference.name}]`;
    case "mapValue":
      return `map[${reference.name}][0]+${immHigh}`;
    case "function":
      return `subprog[${reference.name}]`;
    case "ksym":
      return `ksym[${reference.name}]`;
  }
  switch (src) {
    case PSEUDO.MAP_FD:
      return `map[id:${imm}]`;
    case PSEUDO.MAP_VALUE:
      return `map[id:${imm}][0]+${immHigh}`;
    case PSEUDO.MAP_IDX_VALUE:
      return `map[idx:${imm}]+${immHigh}`;
    case PSEUDO.FUNC:
      return `subprog[${plus(imm)}]`;
  }
  return immHigh === 0 ? `0x${hex(imm)}` : `0x${hex(immHigh)}${hex(imm).padStart(8, "0")}`;
}

function formatLdx({ opcode, dst, src, offset }: Instruction): string | undefined {
  const mode = opcode & MASK.MODE;
  const sizes = mode === MODE.MEM ? SIZES : mode === MODE.MEMSX ? SIGNED_SIZES : [];
  const size = sizes[(opcode & MASK.SIZE) >> 3];
  return size === undefined ? undefined : `r${dst} = *(${size} *)(r${src} ${plus(offset)})`;
}

function formatSt({ opcode, dst, offset, imm }: Instruction): string | undefined {
  const mode = opcode & MASK.MODE;
  if (mode === MODE_NOSPEC) return "nospec";
  return mode === MODE.MEM
    ? `*(${SIZES[(opcode & MASK.SIZE) >> 3]} *)(r${dst} ${plus(offset)}) = ${imm}`
    : undefined;
}

function formatStx({ opcode, dst, src, offset, imm }: Instruction): string | undefined {
  const size = SIZES[(opcode & MASK.SIZE) >> 3];
  const memory = `(${size} *)(r${dst} ${plus(offset)})`;
  const mode = opcode & MASK.MODE;
  if (mode === MODE.MEM) return `*${memory} = r${src}`;
  if (mode !== MODE.ATOMIC) return undefined;
  if (imm === ATOMIC.LOAD_ACQ) return `r${dst} = load_acquire((${size} *)(r${src} ${plus(offset)}))`;
  if (imm === ATOMIC.STORE_REL) return `store_release(${memory}, r${src})`;
  const atomic = size === "u64" ? "atomic64" : "atomic";
  if (imm === ATOMIC.XCHG) return `r${src} = ${atomic}_xchg(${memory}, r${src})`;
  if (imm === ATOMIC.CMPXCHG) return `r0 = ${atomic}_cmpxchg(${memory}, r0, r${src})`;
  const name = ATOMIC_NAMES[imm & ~ATOMIC.FETCH];
  if (name === undefined) return undefined;
  if (imm & ATOMIC.FETCH) return `r${src} = ${atomic}_fetch_${name}(${memory}, r${src})`;
  return `lock *${memory} ${ALU_SYMBOLS[imm >> 4]} r${src}`;
}

/** Where a jump goes: its label, or the distance from the next slot. */
function target({ reference }: Instruction, distance: number): string {
  return reference === undefined ? `pc${plus(distance)}` : reference.name;
}

/** A number with its sign. */
function plus(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

/** The 32 bits of a number. */
function hex(value: number): string {
  return (value >>> 0).toString(16);
}
