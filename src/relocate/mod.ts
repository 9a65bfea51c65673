/**
 * CO-RE: fits programs to the kernel that they are going to run on, by the types of both.
 *
 * @example What a program becomes on another machine's kernel
 * ```ts ignore
 * import { parseBtf } from "@waggle/ebpf/btf";
 * import { parseElf } from "@waggle/ebpf/elf";
 * import { relocate } from "@waggle/ebpf/relocate";
 *
 * const { btf, programs: [program] } = parseElf(Deno.readFileSync("exec.bpf.o"), "exec");
 * const other = parseBtf(Deno.readFileSync("vmlinux-6.1.btf"));
 * if (btf && program) console.log(relocate(program.instructions, btf, [other]).poisoned); // what that kernel lacks
 * ```
 *
 * @module
 */
export { relocate } from "./relocate.ts";
export type { PoisonedInstruction, RelocatedProgram } from "./relocate.ts";
export { typesAreCompatible } from "./compatible.ts";
