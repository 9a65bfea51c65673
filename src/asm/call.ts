/**
 * Calls and returns.
 *
 * @module
 */
import { build } from "./_build.ts";
import { type HelperName, HELPERS } from "./helpers.ts";
import type { Instruction } from "./instruction.ts";
import { CALL, CLASS, JUMP, PSEUDO } from "./opcode.ts";

/**
 * Calls a helper of the kernel, by name or number. Arguments are in r1 to r5, the result in r0.
 *
 * @example
 * ```ts
 * import { call, type Instruction } from "@waggle/ebpf/asm";
 *
 * const now: Instruction = call("bpf_ktime_get_ns");
 * ```
 *
 * @throws {TypeError} No helper has this name.
 */
export function call(helper: HelperName | number): Instruction {
  if (typeof helper === "number") return build(CALL, { imm: helper });
  if (!Object.hasOwn(HELPERS, helper)) {
    throw new TypeError(`Cannot call "${helper}": not a helper of the kernel`);
  }
  return build(CALL, { imm: HELPERS[helper] });
}

/** Calls a BPF function, by name or by its distance in slots from the next instruction (`BPF_PSEUDO_CALL`). */
export function callFunction(target: string | number): Instruction {
  if (typeof target === "number") return build(CALL, { src: PSEUDO.CALL, imm: target });
  return build(CALL, { src: PSEUDO.CALL, reference: { kind: "function", name: target } });
}

/**
 * Calls a kernel function, by name or BTF id (`BPF_PSEUDO_KFUNC_CALL`). Since Linux 5.13.
 *
 * @param target By number, a function of vmlinux; those of modules are found by name when the program is loaded.
 */
export function callKfunc(target: string | number): Instruction {
  if (typeof target === "number") return build(CALL, { src: PSEUDO.KFUNC_CALL, imm: target });
  const reference = { kind: "ksym", name: target, weak: false, typeId: 0 } as const;
  return build(CALL, { src: PSEUDO.KFUNC_CALL, reference });
}

/** Returns r0 from the function, or from the program. */
export function exit(): Instruction {
  return build(CLASS.JMP | JUMP.EXIT);
}
