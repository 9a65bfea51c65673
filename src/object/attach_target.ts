/**
 * What the programs of an object are loaded for, where the kernel wants to know it at load time.
 *
 * @module
 */
import { kernelTarget, type NewProgram } from "../program/mod.ts";
import type { ProgramSpec } from "../spec/mod.ts";
import type { StructOpsTarget } from "./struct_ops.ts";

/** The fields of a new program that say what it is for. */
export type LoadTarget = Pick<NewProgram, "attachBtfId" | "attachBtfObject" | "attachType">;

/**
 * The BTF id of what a program attaches to: a function or type of the kernel or of a module, or the struct whose member
 * it implements. Empty for programs that are attached by other means.
 *
 * @throws {NotFoundError} The kernel has none of that name; the message lists the closest names.
 */
export function attachTarget(program: ProgramSpec, structOps: StructOpsTarget | undefined): LoadTarget {
  if (structOps) {
    const { struct, member } = structOps;
    const module = struct.module && { attachBtfObject: struct.module.descriptor };
    return { attachBtfId: struct.type.id, attachType: member, ...module };
  }
  const { attachByBtf, attachType, attach, attachTo } = program;
  if (!attachByBtf || attachTo === "") return {};
  const { name, module } = attach?.kind === "type" ? attach : { name: attachTo, module: undefined };
  return kernelTarget(`"${program.name}" (${program.section})`, attachType, name, module);
}
