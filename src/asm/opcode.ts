/**
 * What the bits of an opcode, and of the fields beside it, stand for.
 *
 * Numbers: RFC 9669, section 2 on, and `include/uapi/linux/bpf.h` for what the kernel added later.
 *
 * @module
 */

/** Which bits of an opcode hold what. */
export const MASK = {
  CLASS: 0x07,
  /** Of arithmetic and jumps. */
  SOURCE: 0x08,
  /** Of arithmetic and jumps. */
  OPERATION: 0xf0,
  /** Of loads and stores. */
  SIZE: 0x18,
  /** Of loads and stores. */
  MODE: 0xe0,
} as const;

/** Instruction classes, the low three bits of every opcode (`BPF_CLASS`). */
export const CLASS = {
  /** Loads of immediates, and the legacy packet loads. */
  LD: 0x00,
  /** Loads from memory into a register. */
  LDX: 0x01,
  /** Stores of an immediate. */
  ST: 0x02,
  /** Stores of a register, and atomics. */
  STX: 0x03,
  /** Arithmetic on the low 32 bits. */
  ALU: 0x04,
  /** Jumps comparing 64 bits, calls, exit. */
  JMP: 0x05,
  /** Jumps comparing 32 bits, and the long jump. */
  JMP32: 0x06,
  /** Arithmetic on 64 bits. */
  ALU64: 0x07,
} as const;

/** Where arithmetic and jumps take their second operand from (`BPF_SRC`). */
export const SOURCE = {
  /** The immediate (`BPF_K`). */
  K: 0x00,
  /** The source register (`BPF_X`). */
  X: 0x08,
} as const;

/** Widths of memory accesses (`BPF_SIZE`). */
export const SIZE = {
  /** 4 bytes. */
  W: 0x00,
  /** 2 bytes. */
  H: 0x08,
  /** 1 byte. */
  B: 0x10,
  /** 8 bytes. */
  DW: 0x18,
} as const;

/** Modes of loads and stores (`BPF_MODE`). */
export const MODE = {
  /** 64-bit immediate, in two slots. */
  IMM: 0x00,
  /** Legacy packet load at a fixed offset. */
  ABS: 0x20,
  /** Legacy packet load at a register plus an offset. */
  IND: 0x40,
  /** Memory at a register plus an offset. */
  MEM: 0x60,
  /** The same, extending the sign. Since Linux 6.6. */
  MEMSX: 0x80,
  /** Atomic; the operation is in the immediate. */
  ATOMIC: 0xc0,
} as const;

/** Operations of the classes ALU and ALU64 (`BPF_OP`). */
export const ALU = {
  ADD: 0x00,
  SUB: 0x10,
  MUL: 0x20,
  /** Signed where the offset field is 1. */
  DIV: 0x30,
  OR: 0x40,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  NEG: 0x80,
  /** Signed where the offset field is 1. */
  MOD: 0x90,
  XOR: 0xa0,
  /** The offset field makes it sign-extending (8, 16, 32) or an address space cast (1). */
  MOV: 0xb0,
  ARSH: 0xc0,
  /** Byte order; the width in bits is in the immediate. */
  END: 0xd0,
} as const;

/** Operations of the classes JMP and JMP32 (`BPF_OP`). */
export const JUMP = {
  /** Always; with {@linkcode CLASS} JMP32 the distance is the immediate (`gotol`). */
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  JNE: 0x50,
  JSGT: 0x60,
  JSGE: 0x70,
  CALL: 0x80,
  EXIT: 0x90,
  JLT: 0xa0,
  JLE: 0xb0,
  JSLT: 0xc0,
  JSLE: 0xd0,
  /** `may_goto`, the only one the kernel has of these conditional pseudo jumps. Since Linux 6.9. */
  JCOND: 0xe0,
} as const;

/** Atomic operations, in the immediate of a store of mode ATOMIC. */
export const ATOMIC = {
  ADD: 0x00,
  OR: 0x40,
  AND: 0x50,
  XOR: 0xa0,
  /** Added to the four above: the source register gets the old value. */
  FETCH: 0x01,
  /** Exchange. */
  XCHG: 0xe1,
  /** Compare with r0 and exchange. */
  CMPXCHG: 0xf1,
  /** Since Linux 6.15. */
  LOAD_ACQ: 0x100,
  /** Since Linux 6.15. */
  STORE_REL: 0x110,
} as const;

/** Source registers that say what an immediate means (`BPF_PSEUDO_…`); CALL and KFUNC_CALL are for calls. */
export const PSEUDO = {
  /** A map's file descriptor; in a loaded program its id. */
  MAP_FD: 1,
  /** A map's file descriptor, and the offset in its value. */
  MAP_VALUE: 2,
  /** The BTF id of a kernel variable, and the file descriptor of its module's BTF or 0. */
  BTF_ID: 3,
  /** Distance to a BPF function. */
  FUNC: 4,
  /** An index into the load command's `fd_array`. Since Linux 5.14. */
  MAP_IDX: 5,
  /** An index into the load command's `fd_array`, and the offset in the value. Since Linux 5.14. */
  MAP_IDX_VALUE: 6,
  /** A call of a BPF function. */
  CALL: 1,
  /** A call of a kernel function by BTF id. */
  KFUNC_CALL: 2,
} as const;

/** The opcode of the 64-bit immediate load, the only instruction of two slots. */
export const LD_IMM64 = 0x18;
/** The opcode of all calls; the pseudo source says of what. */
export const CALL = 0x85;
