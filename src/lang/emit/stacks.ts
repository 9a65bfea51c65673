/**
 * Stacks: kept once in a map of their own, and stored by their numbers.
 *
 * @module
 */
import { call, ldMap, mov, r0, r1, r2, r3, rsh, stx } from "../../asm/mod.ts";
import type { Stack } from "../ir/tree.ts";
import type { Destination } from "./bytes.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";

/** `BPF_F_USER_STACK` of `include/uapi/linux/bpf.h`. */
const USER_STACK = 1 << 8;

/** Where in a stored stack its process is, in bytes. */
export const STACK_PROCESS_AT = 4;

/** The map of the stacks that another refers to. */
export function stacksOf(map: string, depth: number): string {
  return `${map}.stacks${depth}`;
}

/** Writes the number of the stack, below 0 where there is none, and behind that of a process the process. */
export function emitStack(
  { code }: Emitter,
  { map, type, place }: Stack,
  { base, offset }: Destination,
): void {
  code.at(place);
  code.add(mov(r1, CONTEXT), ldMap(r2, stacksOf(map, type.depth)));
  code.add(mov(r3, type.space === "user" ? USER_STACK : 0), call("bpf_get_stackid"));
  code.add(stx("u32", [base, offset], r0));
  if (type.space === "kernel") return;
  code.add(call("bpf_get_current_pid_tgid"), rsh(r0, 32));
  code.add(stx("u32", [base, offset + STACK_PROCESS_AT], r0));
}
