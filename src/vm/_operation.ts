/** What the virtual machine makes of instructions before it runs them: kinds and operations that need no more decoding. */

/** What kind of thing an instruction does. */
export const KIND = {
  INVALID: 0,
  ALU64: 1,
  ALU32: 2,
  JUMP64: 3,
  JUMP32: 4,
  JUMP: 5,
  LOAD: 6,
  STORE: 7,
  ATOMIC: 8,
  WIDE: 9,
  CALL: 10,
  HELPER: 11,
  EXIT: 12,
  PACKET: 13,
  MAY_GOTO: 14,
  JUMP_TABLE: 15,
} as const;

/** Arithmetic: those of `ALU` in src/asm, shifted right by 4, and those that the offset or immediate tells. */
export const OPERATION = {
  ADD: 0x0,
  SUB: 0x1,
  MUL: 0x2,
  DIV: 0x3,
  OR: 0x4,
  AND: 0x5,
  LSH: 0x6,
  RSH: 0x7,
  NEG: 0x8,
  MOD: 0x9,
  XOR: 0xa,
  MOV: 0xb,
  ARSH: 0xc,
  SDIV: 16,
  SMOD: 17,
  MOVSX8: 18,
  MOVSX16: 19,
  MOVSX32: 20,
  LE16: 21,
  LE32: 22,
  LE64: 23,
  SWAP16: 24,
  SWAP32: 25,
  SWAP64: 26,
} as const;

/** Stands for "the immediate" where the number of a source register is. */
export const IMMEDIATE = 11;
