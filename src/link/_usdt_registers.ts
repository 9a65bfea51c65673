/**
 * Where the kernel keeps the registers of a process when a probe is hit: `struct pt_regs`.
 *
 * @module
 */

/** `e_machine` of `include/uapi/linux/elf-em.h`. */
const EM_X86_64 = 62;
const EM_AARCH64 = 183;

const WORD = 8;

/** In the order of `struct pt_regs` of `arch/x86/include/asm/ptrace.h`; by all names of each, widest first. */
const X86_64: readonly (readonly string[])[] = [
  numbered(15),
  numbered(14),
  numbered(13),
  numbered(12),
  ["rbp", "ebp", "bp", "bpl"],
  ["rbx", "ebx", "bx", "bl"],
  numbered(11),
  numbered(10),
  numbered(9),
  numbered(8),
  ["rax", "eax", "ax", "al"],
  ["rcx", "ecx", "cx", "cl"],
  ["rdx", "edx", "dx", "dl"],
  ["rsi", "esi", "si", "sil"],
  ["rdi", "edi", "di", "dil"],
  [], // orig_rax
  ["rip", "eip"],
  [], // cs
  [], // flags
  ["rsp", "esp", "sp", "spl"],
];

/** `struct user_pt_regs` of `arch/arm64/include/uapi/asm/ptrace.h`. */
const AARCH64: readonly (readonly string[])[] = [
  ...Array.from({ length: 31 }, (_, i) => [`x${i}`, `w${i}`]),
  ["sp"],
];

function numbered(n: number): string[] {
  return ["", "d", "w", "b"].map((width) => `r${n}${width}`);
}

const OFFSETS: ReadonlyMap<number, ReadonlyMap<string, number>> = new Map([
  [EM_X86_64, offsets(X86_64)],
  [EM_AARCH64, offsets(AARCH64)],
]);

function offsets(registers: readonly (readonly string[])[]): Map<string, number> {
  return new Map(
    registers.flatMap((names, i) => names.map((name): [string, number] => [name, i * WORD])),
  );
}

/** The processors whose probes can be read. */
export type UsdtMachine = "x86_64" | "aarch64";

/** The processor of a file; `undefined` where its probes cannot be read. */
export function usdtMachine(machine: number): UsdtMachine | undefined {
  if (machine === EM_X86_64) return "x86_64";
  return machine === EM_AARCH64 ? "aarch64" : undefined;
}

/** Where a register is in the struct, in bytes; `undefined` where programs have no such register. */
export function registerOffset(machine: UsdtMachine, name: string): number | undefined {
  return OFFSETS.get(machine === "x86_64" ? EM_X86_64 : EM_AARCH64)?.get(name);
}
