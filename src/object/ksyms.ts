/**
 * Functions and variables of the kernel that programs use (`extern … __ksym`).
 *
 * @module
 */
import { type Instruction, slotsByIndex } from "../asm/core.ts";
import { type Btf, essentialName, skipModifiers } from "../btf/core.ts";
import { BtfError, NotFoundError } from "../errors.ts";
import { closest, findOwn, kernelBtf, kernelSymbols, type ModuleBtf, moduleBtfs } from "../kernel/mod.ts";
import { type PoisonedInstruction, typesAreCompatible } from "../relocate/mod.ts";
import type { KsymSpec, ObjectSpec } from "../spec/mod.ts";

/** `BPF_JMP | BPF_CALL`. */
const CALL = 0x85;
/** A call of this "helper" plus the symbol's number stands for a function that the kernel lacks: as libbpf marks it. */
const MISSING_FUNCTION = 2_002_000_000;

/** Where a symbol is: in the types of vmlinux or of a module, or at an address. */
type Place =
  | { readonly kind: "type"; readonly id: number; readonly module: ModuleBtf | undefined }
  | { readonly kind: "address"; readonly address: bigint };

/** The kernel symbols of one object, looked up when a program first needs them. */
export class KernelSymbols {
  readonly #object: ObjectSpec;
  readonly #specs: ReadonlyMap<string, KsymSpec>;
  readonly #places = new Map<string, Place | undefined>();
  #addresses: ReadonlyMap<string, bigint> | undefined;
  /** Modules by their index in the `fd_array` of programs; vmlinux is 0. */
  readonly #modules: ModuleBtf[] = [];

  /** The symbols that an object declares. */
  constructor(object: ObjectSpec) {
    this.#object = object;
    this.#specs = new Map(object.ksyms.map((spec) => [spec.name, spec]));
  }

  /** The descriptors that {@linkcode KernelSymbols.resolve} has referred to by index: the `fd_array` of the load command. */
  fdArray(): Int32Array<ArrayBuffer> {
    return Int32Array.of(0, ...this.#modules.map((module) => module.descriptor.fd));
  }

  /**
   * Puts ids and addresses in the place of names.
   *
   * @throws {NotFoundError} The kernel lacks a symbol that is not declared weak.
   */
  resolve(instructions: readonly Instruction[]): Instruction[] {
    return instructions.map((instruction) => {
      const { reference, ...rest } = instruction;
      if (reference?.kind !== "ksym") return instruction;
      const place = this.#place(reference.name);
      return rest.opcode === CALL ? this.#call(rest, reference.name, place) : this.#load(rest, place);
    });
  }

  /** The calls of functions that the kernel lacks. */
  missing(instructions: readonly Instruction[]): PoisonedInstruction[] {
    const calls = instructions.flatMap(({ opcode, reference }, index) =>
      opcode === CALL && reference?.kind === "ksym" && this.#place(reference.name)?.kind !== "type"
        ? [{ index, name: reference.name }]
        : []
    );
    if (calls.length === 0) return [];
    const slots = slotsByIndex(instructions);
    return calls.map(({ index, name }) => ({
      slot: slots[index] ?? 0,
      reason: `the kernel has no such function "${name}"`,
    }));
  }

  #call(call: Instruction, name: string, place: Place | undefined): Instruction {
    if (place?.kind !== "type") {
      return { ...call, dst: 0, src: 0, offset: 0, imm: MISSING_FUNCTION + this.#number(name) };
    }
    return { ...call, imm: place.id, offset: place.module ? this.#moduleIndex(place.module) : 0 };
  }

  #load(load: Instruction, place: Place | undefined): Instruction {
    if (place?.kind === "type") return { ...load, imm: place.id, immHigh: place.module?.descriptor.fd ?? 0 };
    const address = place?.address ?? 0n;
    return {
      ...load,
      src: 0,
      imm: Number(BigInt.asIntN(32, address)),
      immHigh: Number(BigInt.asIntN(32, address >> 32n)),
    };
  }

  /** The index of a symbol among all externs in libbpf's order (`cmp_externs`): kernel options, then symbols by name. */
  #number(name: string): number {
    const options = this.#object.maps.reduce((sum, map) => sum + (map.kconfig?.length ?? 0), 0);
    return options + [...this.#specs.keys()].sort().indexOf(name);
  }

  #moduleIndex(module: ModuleBtf): number {
    if (!this.#modules.includes(module)) this.#modules.push(module);
    return this.#modules.indexOf(module) + 1;
  }

  #place(name: string): Place | undefined {
    if (!this.#places.has(name)) {
      const spec = this.#specs.get(name) ?? { name, kind: "function", weak: false, typeId: 0 };
      const place = spec.typeId === 0 && spec.kind === "variable" ? this.#address(spec) : this.#type(spec);
      if (!place && !spec.weak) throw notFound(spec);
      this.#places.set(name, place);
    }
    return this.#places.get(name);
  }

  #address({ name }: KsymSpec): Place | undefined {
    const untyped = () =>
      this.#object.ksyms.filter(({ kind, typeId }) => kind === "variable" && typeId === 0);
    this.#addresses ??= kernelSymbols(untyped().map(({ name }) => name));
    const address = this.#addresses.get(name);
    return address === undefined ? undefined : { kind: "address", address };
  }

  #type(spec: KsymSpec): Place | undefined {
    const name = spec.kind === "function" ? essentialName(spec.name) : spec.name;
    const id = kernelBtf().find(name, spec.kind)?.id;
    if (id !== undefined) return this.#checked(spec, id, kernelBtf(), undefined);
    for (const module of moduleBtfs()) {
      const own = findOwn(module.btf, name, spec.kind);
      if (own !== undefined) return this.#checked(spec, own, module.btf, module);
    }
    return undefined;
  }

  /** The place, where the declaration fits what the kernel has. */
  #checked(spec: KsymSpec, id: number, kernel: Btf, module: ModuleBtf | undefined): Place | undefined {
    const { btf } = this.#object;
    if (
      !btf || spec.typeId === 0 || typesAreCompatible(btf, inner(btf, spec.typeId), kernel, inner(kernel, id))
    ) {
      return { kind: "type", id, module };
    }
    if (spec.weak && spec.kind === "function") return undefined;
    throw new BtfError(
      `Cannot use kernel ${spec.kind} "${spec.name}": the object declares it with other types than the kernel has: ` +
        "declare it as vmlinux.h does, with its structs in full",
    );
  }
}

/** The prototype of a function, the type of a variable. */
function inner(btf: Btf, id: number): number {
  const type = btf.type(id);
  if (type.kind === "function") return type.typeId;
  return type.kind === "variable" ? skipModifiers(btf, type.typeId).id : id;
}

function notFound({ name, kind }: KsymSpec): NotFoundError {
  return new NotFoundError(
    `Cannot find kernel ${kind} "${name}": neither the kernel nor a module of it has one${
      closest(name, names(kind))
    }`,
  );
}

function* names(kind: KsymSpec["kind"]): Generator<string> {
  const btf = kernelBtf();
  for (let id = 1; id < btf.count; id++) if (btf.kindOf(id) === kind) yield btf.nameOf(id);
}
