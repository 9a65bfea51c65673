/**
 * Which types of an object are its own, and not declarations of the kernel's.
 *
 * @module
 */
import { type Btf, sizeOf, skipModifiers } from "../btf/core.ts";
import type { ObjectSpec } from "../spec/mod.ts";

/**
 * The structs, unions and enums with names that nothing tells to be the kernel's: its are those that CO-RE records name, with all
 * that these and the contexts of programs lead to.
 */
export function ownTypes(btf: Btf, { programs }: ObjectSpec): number[] {
  const foreign = new Set<number>();
  for (const { instructions } of programs) {
    for (const { relocation } of instructions) if (relocation) addReached(btf, relocation.typeId, foreign);
  }
  const named: number[] = [];
  for (let id = 1; id < btf.count; id++) {
    if (!["struct", "union", "enum"].includes(btf.kindOf(id)) || btf.nameOf(id) === "") continue;
    named.push(id);
    if (isContext(btf.nameOf(id))) addReached(btf, id, foreign);
  }
  return named.filter((id) => !foreign.has(id) && (btf.kindOf(id) === "enum" || sizeOf(btf, id) > 0));
}

/** Structs, unions and enums that a type leads to, itself among them. */
function addReached(btf: Btf, id: number, reached: Set<number>): void {
  const waiting = [id];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const type = skipModifiers(btf, id);
    if (type.kind === "array" || type.kind === "pointer") waiting.push(type.typeId);
    if (type.kind === "prototype") {
      waiting.push(type.returnTypeId, ...type.parameters.map(({ typeId }) => typeId));
    }
    if (type.id === 0 || reached.has(type.id)) continue;
    if (type.kind === "enum") reached.add(type.id);
    if (type.kind !== "struct" && type.kind !== "union") continue;
    reached.add(type.id);
    for (const { typeId } of type.members) waiting.push(typeId);
  }
}

/** Contexts that UAPI headers declare: `include/uapi/linux/bpf.h`, `bpf_perf_event.h`, `asm/ptrace.h`. */
const CONTEXTS: ReadonlySet<string> = new Set([
  "__sk_buff",
  "xdp_md",
  "pt_regs",
  "user_pt_regs",
  "sk_msg_md",
  "sk_reuseport_md",
]);

function isContext(name: string): boolean {
  return CONTEXTS.has(name) || name.startsWith("bpf_");
}
