/**
 * The 64-bit immediate load, with everything its pseudo sources can stand for. It takes two slots.
 *
 * @module
 */
import { build } from "./_build.ts";
import type { Instruction, Reference } from "./instruction.ts";
import { LD_IMM64, PSEUDO } from "./opcode.ts";
import type { Register64 } from "./register.ts";

/**
 * `dst = value`, any 64 bits.
 *
 * @param value From -2^63 to 2^64 - 1; a number has to be a safe integer.
 * @throws {RangeError} The value does not fit.
 */
export function ldImm64(dst: Register64, value: bigint | number): Instruction {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`Cannot load ${value}: not a safe integer: give it as a bigint`);
  }
  const bits = BigInt(value);
  if (bits < -(1n << 63n) || bits >= 1n << 64n) {
    throw new RangeError(`Cannot load ${value}: does not fit 64 bits`);
  }
  const imm = Number(BigInt.asIntN(32, bits));
  return build(LD_IMM64, { dst, imm, immHigh: Number(BigInt.asIntN(32, bits >> 32n)) });
}

/**
 * `dst = &map`, by name or file descriptor (`BPF_PSEUDO_MAP_FD`).
 *
 * @example
 * ```ts
 * import { call, type Instruction, ldMap, r1 } from "@waggle/ebpf/asm";
 *
 * const lookup: Instruction[] = [ldMap(r1, "calls"), call("bpf_map_lookup_elem")];
 * ```
 */
export function ldMap(dst: Register64, map: string | number): Instruction {
  return load(dst, PSEUDO.MAP_FD, map, "map");
}

/** `dst = &map[0] + offset`, in the first value of an array map (`BPF_PSEUDO_MAP_VALUE`). Since Linux 5.2. */
export function ldMapValue(dst: Register64, map: string | number, offset = 0): Instruction {
  return load(dst, PSEUDO.MAP_VALUE, map, "mapValue", offset);
}

/** `dst = &map`, by index into the `fd_array` of the load command (`BPF_PSEUDO_MAP_IDX`). Since Linux 5.14. */
export function ldMapIndex(dst: Register64, index: number): Instruction {
  return build(LD_IMM64, { dst, src: PSEUDO.MAP_IDX, imm: index });
}

/** {@linkcode ldMapValue} by index into the `fd_array` of the load command. Since Linux 5.14. */
export function ldMapIndexValue(dst: Register64, index: number, offset = 0): Instruction {
  return build(LD_IMM64, { dst, src: PSEUDO.MAP_IDX_VALUE, imm: index, immHigh: offset });
}

/** `dst = &function`, a BPF function for a helper to call back, by name (`BPF_PSEUDO_FUNC`). Since Linux 5.13. */
export function ldFunction(dst: Register64, target: string): Instruction {
  return load(dst, PSEUDO.FUNC, target, "function");
}

/** `dst = &variable`, a variable of the kernel, by name or BTF id in vmlinux (`BPF_PSEUDO_BTF_ID`). Since Linux 5.10. */
export function ldKsym(dst: Register64, variable: string | number): Instruction {
  return load(dst, PSEUDO.BTF_ID, variable, "ksym");
}

function load(
  dst: Register64,
  src: number,
  target: string | number,
  kind: Exclude<Reference["kind"], "label">,
  immHigh = 0,
): Instruction {
  if (typeof target === "number") return build(LD_IMM64, { dst, src, imm: target, immHigh });
  const reference: Reference = kind === "ksym"
    ? { kind, name: target, weak: false, typeId: 0 }
    : { kind, name: target };
  return build(LD_IMM64, { dst, src, immHigh, reference });
}
