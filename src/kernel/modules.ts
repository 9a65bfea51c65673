/**
 * The types of the kernel's modules.
 *
 * @module
 */
import { type Btf, type BtfKind, parseBtf } from "../btf/core.ts";
import { BtfError, SyscallError } from "../errors.ts";
import { allocate, type Descriptor, nextId, objInfo, openById } from "../sys/mod.ts";
import { BTF_INFO } from "../uapi/mod.ts";
import { describeBtf, kernelBtf } from "./btf.ts";

/** The id of the first type with a name and kind that is not in the base; `undefined` where there is none. */
export function findOwn(btf: Btf, name: string, kind: BtfKind): number | undefined {
  return btf.idsNamed(name).find((id) => id >= btf.firstId && btf.kindOf(id) === kind);
}

/** A module's types. */
export interface ModuleBtf {
  /** The module. */
  readonly name: string;
  /** Its types, on top of those of vmlinux. */
  readonly btf: Btf;
  /** The types in the kernel, for what refers to them by descriptor. Closed when the module's entry is collected. */
  readonly descriptor: Descriptor;
}

let modules: readonly ModuleBtf[] | undefined;

/**
 * The types of all modules that are loaded now. Read once a process. Since Linux 5.11.
 *
 * Modules whose types cannot be read are left out, and all where the process lacks `CAP_SYS_ADMIN`: what needs one of
 * them fails by its own name.
 */
export function moduleBtfs(): readonly ModuleBtf[] {
  return modules ??= [...readModules()];
}

function* readModules(): Generator<ModuleBtf> {
  try {
    for (let id = nextId("BTF", 0); id !== undefined; id = nextId("BTF", id)) {
      const found = readModule(id);
      if (found) yield found;
    }
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
}

/** The types with an id, where they are those of a module. */
function readModule(id: number): ModuleBtf | undefined {
  using undo = new DisposableStack();
  const descriptor = undo.use(openById("BTF", id));
  const { kernel, name, size } = describeBtf(descriptor);
  if (!kernel || name === "vmlinux") return undefined;
  const bytes = allocate(size);
  objInfo(descriptor, BTF_INFO, { btf: bytes, btf_size: size });
  try {
    const btf = parseBtf(bytes, { base: kernelBtf() });
    undo.move();
    return { name, btf, descriptor };
  } catch (error) {
    if (error instanceof BtfError) return undefined;
    throw error;
  }
}
