/** One instruction made ready to run: what kind of thing it does, with which registers. */
import { ALU, ATOMIC, CLASS, JUMP, MASK, MODE, PSEUDO, SIZE, SOURCE } from "../asm/core.ts";
import { type Instruction, LD_IMM64 } from "../asm/core.ts";
import { IMMEDIATE, KIND, OPERATION } from "./_operation.ts";

/** Where references point to. */
export interface Places {
  /** The address of a map, or of the byte `offset` of its first value. */
  map(name: string, value: boolean, offset: number): readonly [high: number, low: number];
  /** The upper half of the addresses of functions; the lower is the index of the first instruction. */
  readonly code: number;
  /** The value of a variable of the kernel. */
  ksym(name: string, weak: boolean): bigint;
  /** A number for the helper or function of the kernel that a call is for. */
  helper(call: Instruction): number;
}

/** Finds the targets of jumps and calls, as indices; -1 for places that are no instruction. */
export interface Targets {
  target(index: number, instruction: Instruction, distance: number): number;
}

const SIZES: Readonly<Record<number, number>> = { [SIZE.B]: 1, [SIZE.H]: 2, [SIZE.W]: 4, [SIZE.DW]: 8 };

/** What one instruction becomes: fields of {@linkcode Op}, and the index of its target. */
export interface Decoded {
  kind: number;
  operation: number;
  reads: number;
  writes: number;
  src: number;
  imm: number;
  high: number;
  target: number;
}

/** Makes an instruction ready; those that mean nothing are of the kind `INVALID`. */
export function decodeOne(index: number, instruction: Instruction, jumps: Targets, places: Places): Decoded {
  const { opcode, imm } = instruction;
  const decoded: Decoded = {
    kind: KIND.INVALID,
    operation: 0,
    reads: 0,
    writes: 0,
    src: instruction.src,
    imm,
    high: imm >> 31,
    target: -1,
  };
  switch (opcode & MASK.CLASS) {
    case CLASS.ALU:
    case CLASS.ALU64:
      decodeAlu(decoded, instruction);
      break;
    case CLASS.JMP:
    case CLASS.JMP32:
      decodeJump(decoded, index, instruction, jumps, places);
      break;
    case CLASS.LD:
      decodeLd(decoded, index, instruction, jumps, places);
      break;
    default:
      decodeMemory(decoded, instruction);
  }
  // The frame pointer is never written to.
  if (decoded.writes >> 10 !== 0) decoded.kind = KIND.INVALID;
  return decoded;
}

function decodeAlu(decoded: Decoded, { opcode, dst, src, offset, imm }: Instruction): void {
  const wide = (opcode & MASK.CLASS) === CLASS.ALU64;
  const fromRegister = (opcode & MASK.SOURCE) === SOURCE.X;
  const operation = (opcode & MASK.OPERATION) >> 4;
  const found = (opcode & MASK.OPERATION) === ALU.END
    ? byteOrder(wide, fromRegister, imm)
    : variant(operation, offset, wide, fromRegister);
  if (found === undefined) return;
  decoded.kind = wide || (opcode & MASK.OPERATION) === ALU.END ? KIND.ALU64 : KIND.ALU32;
  decoded.operation = found;
  decoded.writes = 1 << dst;
  const unary = operation === ALU.END >> 4 || operation === ALU.NEG >> 4;
  decoded.reads = operation === ALU.MOV >> 4 ? 0 : 1 << dst;
  if (fromRegister && !unary) decoded.reads |= 1 << src;
  else decoded.src = IMMEDIATE;
}

function byteOrder(wide: boolean, fromRegister: boolean, bits: number): number | undefined {
  if (wide && fromRegister) return undefined;
  const at = [16, 32, 64].indexOf(bits);
  if (at < 0) return undefined;
  return (wide || fromRegister ? OPERATION.SWAP16 : OPERATION.LE16) + at;
}

/** The operation, with what the offset field makes of it; `undefined` where that means nothing. */
function variant(
  operation: number,
  offset: number,
  wide: boolean,
  fromRegister: boolean,
): number | undefined {
  if (operation > OPERATION.ARSH) return undefined;
  if (operation === OPERATION.NEG && fromRegister) return undefined;
  if (offset === 0) return operation;
  if (operation === OPERATION.DIV && offset === 1) return OPERATION.SDIV;
  if (operation === OPERATION.MOD && offset === 1) return OPERATION.SMOD;
  if (operation !== OPERATION.MOV || !fromRegister) return undefined;
  if (offset === 8) return OPERATION.MOVSX8;
  if (offset === 16) return OPERATION.MOVSX16;
  if (offset === 32 && wide) return OPERATION.MOVSX32;
  // A cast between address spaces: here is only one.
  return offset === 1 && wide ? OPERATION.MOV : undefined;
}

function decodeJump(
  decoded: Decoded,
  index: number,
  instruction: Instruction,
  jumps: Targets,
  places: Places,
): void {
  const { opcode, dst, src, offset, imm } = instruction;
  const wide = (opcode & MASK.CLASS) === CLASS.JMP;
  const fromRegister = (opcode & MASK.SOURCE) === SOURCE.X;
  const operation = opcode & MASK.OPERATION;
  switch (operation) {
    case JUMP.JA:
      if (fromRegister) {
        if (!wide) return;
        decoded.kind = KIND.JUMP_TABLE;
        decoded.reads = 1 << dst;
        return;
      }
      decoded.kind = KIND.JUMP;
      decoded.target = jumps.target(index, instruction, wide ? offset : imm);
      return;
    case JUMP.CALL:
      if (!wide || fromRegister) return;
      if (src === PSEUDO.CALL) {
        decoded.kind = KIND.CALL;
        decoded.target = jumps.target(index, instruction, imm);
      } else {
        decoded.kind = KIND.HELPER;
        decoded.imm = places.helper(instruction);
      }
      return;
    case JUMP.EXIT:
      if (!wide || fromRegister) return;
      decoded.kind = KIND.EXIT;
      return;
    case JUMP.JCOND:
      if (!wide || fromRegister || src !== 0) return;
      decoded.kind = KIND.MAY_GOTO;
      decoded.target = jumps.target(index, instruction, offset);
      return;
  }
  if (operation > JUMP.JSLE) return;
  decoded.kind = wide ? KIND.JUMP64 : KIND.JUMP32;
  decoded.operation = operation >> 4;
  decoded.target = jumps.target(index, instruction, offset);
  decoded.reads = 1 << dst;
  if (fromRegister) decoded.reads |= 1 << src;
  else decoded.src = IMMEDIATE;
}

function decodeLd(
  decoded: Decoded,
  index: number,
  instruction: Instruction,
  jumps: Targets,
  places: Places,
): void {
  const { opcode, dst, src, imm, immHigh, reference } = instruction;
  if (opcode === LD_IMM64) {
    const address = wideImmediate(index, instruction, jumps, places);
    if (address === undefined) return;
    decoded.kind = KIND.WIDE;
    [decoded.high, decoded.imm] = address;
    decoded.writes = 1 << dst;
    return;
  }
  const mode = opcode & MASK.MODE;
  const size = SIZES[opcode & MASK.SIZE] ?? 8;
  if ((mode !== MODE.ABS && mode !== MODE.IND) || size === 8 || reference !== undefined || immHigh !== 0) {
    return;
  }
  decoded.kind = KIND.PACKET;
  decoded.operation = size;
  decoded.imm = imm;
  // r6 is the context (RFC 9669, section 5.5)
  decoded.reads = 1 << 6;
  if (mode === MODE.IND) decoded.reads |= 1 << src;
  else decoded.src = IMMEDIATE;
}

function wideImmediate(
  index: number,
  instruction: Instruction,
  jumps: Targets,
  places: Places,
): readonly [number, number] | undefined {
  const { src, imm, immHigh, reference } = instruction;
  switch (reference?.kind) {
    case "map":
      return places.map(reference.name, false, 0);
    case "mapValue":
      return places.map(reference.name, true, immHigh);
    case "ksym": {
      const value = places.ksym(reference.name, reference.weak);
      return [Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value))];
    }
    case "function":
      return [places.code, jumps.target(index, instruction, imm)];
  }
  if (src === PSEUDO.FUNC) {
    const target = jumps.target(index, instruction, imm);
    return target < 0 ? undefined : [places.code, target];
  }
  return src === 0 ? [immHigh, imm] : undefined;
}

function decodeMemory(decoded: Decoded, { opcode, dst, src, imm }: Instruction): void {
  const size = SIZES[opcode & MASK.SIZE] ?? 8;
  const mode = opcode & MASK.MODE;
  const what = opcode & MASK.CLASS;
  if (what === CLASS.LDX) {
    if (mode !== MODE.MEM && (mode !== MODE.MEMSX || size === 8)) return;
    decoded.kind = KIND.LOAD;
    decoded.operation = mode === MODE.MEMSX ? -size : size;
    decoded.reads = 1 << src;
    decoded.writes = 1 << dst;
  } else if (mode === MODE.MEM) {
    decoded.kind = KIND.STORE;
    decoded.operation = size;
    decoded.reads = 1 << dst;
    if (what === CLASS.STX) decoded.reads |= 1 << src;
    else decoded.src = IMMEDIATE;
  } else if (mode === MODE.ATOMIC && what === CLASS.STX) {
    decodeAtomic(decoded, size, dst, src, imm);
  }
}

/** The arithmetic among the atomic operations. */
const ATOMICS: ReadonlySet<number> = new Set([ATOMIC.ADD, ATOMIC.OR, ATOMIC.AND, ATOMIC.XOR]);

function decodeAtomic(decoded: Decoded, size: number, dst: number, src: number, imm: number): void {
  if (imm === ATOMIC.LOAD_ACQ) {
    decoded.kind = KIND.LOAD;
    decoded.operation = size;
    decoded.reads = 1 << src;
    decoded.writes = 1 << dst;
    return;
  }
  if (imm === ATOMIC.STORE_REL) {
    decoded.kind = KIND.STORE;
    decoded.operation = size;
    decoded.reads = 1 << dst | 1 << src;
    return;
  }
  const exchanges = imm === ATOMIC.XCHG || imm === ATOMIC.CMPXCHG;
  if (size < 4 || (!exchanges && !ATOMICS.has(imm & ~ATOMIC.FETCH))) return;
  decoded.kind = KIND.ATOMIC;
  decoded.operation = size;
  decoded.reads = 1 << dst | 1 << src;
  if (imm === ATOMIC.CMPXCHG) {
    decoded.reads |= 1;
    decoded.writes = 1;
  } else if (imm & ATOMIC.FETCH) {
    decoded.writes = 1 << src;
  }
}
