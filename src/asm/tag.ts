/**
 * The tag by which the kernel names a program's code.
 *
 * @module
 */
import { sha1, sha256 } from "./_sha.ts";
import type { ByteOrderOptions } from "./byte_order.ts";
import { encode } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { PSEUDO } from "./opcode.ts";
import { isWide } from "./slots.ts";

/** What {@linkcode programTag} takes beside the program. */
export interface ProgramTagOptions extends ByteOrderOptions {
  /**
   * The digest: `sha256` for Linux 6.18 and later, `sha1` for those before.
   *
   * @default {"sha256"}
   */
  readonly hash?: "sha1" | "sha256";
}

/**
 * The tag of a program as the kernel computes it when it is loaded (`bpf_prog_calc_tag`): the first 8 bytes of a digest
 * of the instructions, in hexadecimal. Addresses of maps count as zeros, so references to maps may be unresolved.
 *
 * @example
 * ```ts
 * import { exit, mov, programTag, r0 } from "@waggle/ebpf/asm";
 *
 * const tag: string = programTag([mov(r0, 0), exit()], { hash: "sha1" }); // "a04f5eef06a7f555"
 * ```
 *
 * @throws {BytecodeError} The program cannot be encoded.
 */
export function programTag(instructions: readonly Instruction[], options: ProgramTagOptions = {}): string {
  const bytes = encode(instructions.map(withoutMap), options);
  const digest = options.hash === "sha1" ? sha1(bytes) : sha256(bytes);
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Takes out what differs from one load to the next. The kernel leaves the `fd_array` forms as they are. */
function withoutMap(instruction: Instruction): Instruction {
  if (!isWide(instruction)) return instruction;
  const src = mapSource(instruction);
  if (src === undefined) return instruction;
  const { reference: _reference, ...rest } = instruction;
  return { ...rest, src, imm: 0, immHigh: 0 };
}

/** The pseudo source of a map's address, which a reference implies. */
function mapSource({ src, reference }: Instruction): number | undefined {
  if (reference?.kind === "map") return PSEUDO.MAP_FD;
  if (reference?.kind === "mapValue") return PSEUDO.MAP_VALUE;
  return src === PSEUDO.MAP_FD || src === PSEUDO.MAP_VALUE ? src : undefined;
}
