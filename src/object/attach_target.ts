/**
 * What a program is loaded for, where the kernel wants to know it at load time.
 *
 * @module
 */
import type { Btf } from "../btf/core.ts";
import { NotFoundError } from "../errors.ts";
import { closest, findOwn, kernelBtf, type ModuleBtf, moduleBtfs } from "../kernel/mod.ts";
import type { NewProgram } from "../program/mod.ts";
import type { ProgramSpec } from "../spec/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import type { StructOpsTarget } from "./struct_ops.ts";

/** The fields of a new program that say what it is for. */
export type LoadTarget = Pick<NewProgram, "attachBtfId" | "attachBtfObject" | "attachType">;

type Kind = "typedef" | "function";

/** How the types of attach targets are called in the kernel's BTF: `attach_prog_ctx` and `bpf_check_attach_target`. */
const NAMES: Readonly<Record<number, { kind: Kind; prefix: string }>> = {
  [BPF_ATTACH_TYPE.TRACE_RAW_TP]: { kind: "typedef", prefix: "btf_trace_" },
  [BPF_ATTACH_TYPE.LSM_MAC]: { kind: "function", prefix: "bpf_lsm_" },
  [BPF_ATTACH_TYPE.LSM_CGROUP]: { kind: "function", prefix: "bpf_lsm_" },
  [BPF_ATTACH_TYPE.TRACE_ITER]: { kind: "function", prefix: "bpf_iter_" },
};

/**
 * The BTF id of what a program attaches to: a function or type of the kernel or of a module, or the struct whose member
 * it implements. Empty for programs that are attached by other means.
 *
 * @throws {NotFoundError} The kernel has none of that name; the message lists the closest names.
 */
export function attachTarget(program: ProgramSpec, structOps: StructOpsTarget | undefined): LoadTarget {
  if (structOps) {
    const { struct, member } = structOps;
    return { attachBtfId: struct.type.id, attachType: member, ...objectOf(struct.module) };
  }
  const { attachByBtf, attachType, attach, attachTo } = program;
  if (!attachByBtf || attachTo === "") return {};
  const { kind, prefix } = NAMES[attachType] ?? { kind: "function", prefix: "" };
  const { name, module } = attach?.kind === "type" ? attach : { name: attachTo, module: undefined };
  for (const place of places(module)) {
    const id = findOwn(place.btf, prefix + name, kind);
    if (id !== undefined) return { attachBtfId: id, ...objectOf(place.module) };
  }
  throw new NotFoundError(
    `Cannot load program "${program.name}" (${program.section}): ${
      module ? `module "${module}"` : "the kernel"
    } has no ` +
      `"${name}" to attach to${closest(name, names(kind, prefix))}`,
  );
}

function objectOf(module: ModuleBtf | undefined): Pick<NewProgram, "attachBtfObject"> {
  return module ? { attachBtfObject: module.descriptor } : {};
}

/** Where to look: in the kernel and then its modules, or in the module that is named. */
function* places(module: string | undefined): Generator<{ btf: Btf; module: ModuleBtf | undefined }> {
  if (module === undefined || module === "vmlinux") yield { btf: kernelBtf(), module: undefined };
  for (const one of moduleBtfs()) {
    if (module === undefined || module === one.name) yield { btf: one.btf, module: one };
  }
}

function* names(kind: Kind, prefix: string): Generator<string> {
  const btf = kernelBtf();
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== kind) continue;
    const name = btf.nameOf(id);
    if (name.startsWith(prefix)) yield name.slice(prefix.length);
  }
}
