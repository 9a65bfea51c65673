/**
 * What a program is loaded for, where the kernel wants to know it at load time.
 *
 * @module
 */
import type { Btf } from "../btf/core.ts";
import { NotFoundError } from "../errors.ts";
import { btfOfId, closest, findOwn, kernelBtf, type ModuleBtf, moduleBtfs } from "../kernel/mod.ts";
import type { Descriptor } from "../sys/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import { readFacts } from "./info.ts";

/** The fields of a new program that say what it is for. */
export interface KernelTarget {
  /** The BTF id of the kernel function or type to attach to. */
  readonly attachBtfId: number;
  /** The BTF of the module, or the program, that the id is of; vmlinux where there is none. */
  readonly attachBtfObject?: Descriptor;
}

type Kind = "typedef" | "function";

/** How the types of attach targets are called in the kernel's BTF: `attach_prog_ctx` and `bpf_check_attach_target`. */
const NAMES: Readonly<Record<number, { kind: Kind; prefix: string }>> = {
  [BPF_ATTACH_TYPE.TRACE_RAW_TP]: { kind: "typedef", prefix: "btf_trace_" },
  [BPF_ATTACH_TYPE.LSM_MAC]: { kind: "function", prefix: "bpf_lsm_" },
  [BPF_ATTACH_TYPE.LSM_CGROUP]: { kind: "function", prefix: "bpf_lsm_" },
  [BPF_ATTACH_TYPE.TRACE_ITER]: { kind: "function", prefix: "bpf_iter_" },
};

/**
 * Finds the function or type of the kernel, or of a module, that programs of an attach type know by a name.
 *
 * @param program For messages: `"on_open" (fentry/do_sys_open)`.
 * @param module Where to look; by default in the kernel and then in its modules.
 *
 * @throws {NotFoundError} There is none of that name; the message lists the closest names.
 */
export function kernelTarget(
  program: string,
  attachType: number,
  name: string,
  module?: string,
): KernelTarget {
  const { kind, prefix } = NAMES[attachType] ?? { kind: "function", prefix: "" };
  for (const place of places(module)) {
    const id = findOwn(place.btf, prefix + name, kind);
    if (id !== undefined) {
      return { attachBtfId: id, ...(place.module && { attachBtfObject: place.module.descriptor }) };
    }
  }
  const where = module ? `module "${module}"` : "the kernel";
  throw new NotFoundError(
    `Cannot load program ${program}: ${where} has no "${name}" to attach to${
      closest(name, names(kind, prefix))
    }`,
  );
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

/**
 * Finds a function of another program, for programs that replace or trace it.
 *
 * @param program For messages: `"on_open" (ext)`.
 *
 * @throws {NotFoundError} The other has no function of that name, or no BTF.
 */
export function programTarget(
  program: string,
  other: { readonly name: string; readonly descriptor: Descriptor },
  name: string,
): KernelTarget {
  const btfId = readFacts(other.descriptor).get("btf_id");
  const head = `Cannot load program ${program}: program "${other.name}"`;
  if (btfId === 0) throw new NotFoundError(`${head} has no BTF: compile it with -g`);
  const btf = btfOfId(btfId);
  const id = findOwn(btf, name, "function");
  if (id !== undefined) return { attachBtfId: id, attachBtfObject: other.descriptor };
  throw new NotFoundError(`${head} has no function "${name}"${closest(name, functionsOf(btf))}`);
}

function* functionsOf(btf: Btf): Generator<string> {
  for (let id = 1; id < btf.count; id++) if (btf.kindOf(id) === "function") yield btf.nameOf(id);
}
