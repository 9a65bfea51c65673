/**
 * What the programs of an object are loaded for, where the kernel wants to know it at load time.
 *
 * @module
 */
import { parseAttachTo } from "../elf/mod.ts";
import { kernelVersionCode, versionCode } from "../kernel/mod.ts";
import { kernelTarget, type NewProgram, type Program, programTarget } from "../program/mod.ts";
import type { ProgramSpec } from "../spec/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import type { StructOpsTarget } from "./struct_ops.ts";

/** What a program attaches to in the place of what its section names; see {@linkcode LoadOptions.attachTo}. */
export type AttachTo =
  /** In the form of the section: `tcp_connect+4` for `SEC("kprobe")`. */
  | string
  /** A function of another program, for `SEC("freplace")`, `SEC("fentry")` and `SEC("fexit")`; by default the one of the section. */
  | { readonly program: Program; readonly function?: string };

/** The fields of a new program that say what it is for. */
export type LoadTarget = Pick<NewProgram, "attachBtfId" | "attachBtfObject" | "attachType">;

/**
 * The program with another target than the one of its section.
 *
 * @throws {TypeError} Programs of the section attach to nothing of that form.
 */
export function retarget(program: ProgramSpec, to: AttachTo | undefined): ProgramSpec {
  if (to === undefined) return program;
  const text = typeof to === "string" ? to : to.function ?? program.attachTo;
  const [type = ""] = program.section.split("/");
  const attach = parseAttachTo(`${type}/${text}`);
  if (!attach || typeof to !== "string" && !program.attachByBtf) {
    const what = typeof to === "string" ? `"${text}"` : `a function of program "${to.program.name}"`;
    throw new TypeError(
      `Cannot load program "${program.name}" (${program.section}): ${what} is nothing that SEC("${type}") attaches to`,
    );
  }
  return { ...program, attachTo: text, attach };
}

/**
 * The BTF id of what a program attaches to: a function or type of the kernel or of a module, a function of another
 * program, or the struct whose member it implements; that it is for many places, of programs at USDT probes. Empty for
 * programs that are attached by other means.
 *
 * @throws {NotFoundError} There is none of that name; the message lists the closest names.
 */
export function attachTarget(
  program: ProgramSpec,
  structOps: StructOpsTarget | undefined,
  to?: AttachTo,
): LoadTarget {
  if (structOps) {
    const { struct, member } = structOps;
    const module = struct.module && { attachBtfObject: struct.module.descriptor };
    return { attachBtfId: struct.type.id, attachType: member, ...module };
  }
  // Links to many places of a file, which USDT probes have
  if (/^usdt(\.s)?(\/|$)/.test(program.section) && kernelVersionCode() >= versionCode("6.6")) {
    return { attachType: BPF_ATTACH_TYPE.TRACE_UPROBE_MULTI };
  }
  const { attachByBtf, attachType, attach, attachTo } = program;
  if (!attachByBtf || attachTo === "") return {};
  const { name, module } = attach?.kind === "type" ? attach : { name: attachTo, module: undefined };
  const what = `"${program.name}" (${program.section})`;
  return typeof to === "object"
    ? programTarget(what, to.program, name)
    : kernelTarget(what, attachType, name, module);
}
