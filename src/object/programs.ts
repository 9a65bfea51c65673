/**
 * The programs of an object.
 *
 * @module
 */
import type { Instruction } from "../asm/core.ts";
import type { BpfMap } from "../map/mod.ts";
import { loadInstructions, programTypes, withMaps } from "../program/mod.ts";
import { type PoisonedInstruction, relocate } from "../relocate/mod.ts";
import type { ObjectSpec, ProgramSpec } from "../spec/mod.ts";
import type { Descriptor } from "../sys/mod.ts";
import { attachTarget, type AttachTo, retarget } from "./attach_target.ts";
import { explainPoison } from "./explain.ts";
import { createJumpTable } from "./jump_tables.ts";
import { KernelSymbols } from "./ksyms.ts";
import { ObjectProgram } from "./program.ts";
import type { StructOpsTarget } from "./struct_ops.ts";
import type { Target } from "./target.ts";

/** A program that fits the kernel, but for the descriptors of its maps. */
export interface ResolvedProgram {
  /** With references to maps and functions only. */
  readonly instructions: readonly Instruction[];
  /** What the kernel lacks; harmless where the program does not get there. */
  readonly poisoned: readonly PoisonedInstruction[];
}

/** What the programs of an object are loaded with. */
export interface ProgramContext {
  readonly maps: ReadonlyMap<string, BpfMap>;
  /** The types of the object in the kernel. */
  readonly btf: Descriptor | undefined;
  /** What programs of struct_ops implement, by their names. */
  readonly structOps: ReadonlyMap<string, StructOpsTarget>;
  readonly token: Descriptor | undefined;
  /** What the verifier logs of programs that it takes: bits as in `log_level`. */
  readonly logLevel: number;
}

/** `BPF_JMP | BPF_CALL`. */
const CALL = 0x85;
/** A call of this "helper" plus the map's number stands for the address of a map that was not created. */
const MISSING_MAP = 2_001_000_000;

/** Fits the programs of one object to a kernel, and loads them. */
export class ProgramLoader {
  readonly #object: ObjectSpec;
  readonly #target: Target;
  readonly #symbols: KernelSymbols;

  /** For programs of this object on that kernel. */
  constructor(object: ObjectSpec, target: Target) {
    this.#object = object;
    this.#target = target;
    this.#symbols = new KernelSymbols(object);
  }

  /** Applies CO-RE relocations, and puts in kernel symbols. Loads nothing. */
  resolve({ instructions }: ProgramSpec): ResolvedProgram {
    const { btf } = this.#object;
    const relocated = btf && instructions.some(({ relocation }) => relocation)
      ? relocate(instructions, btf, this.#target)
      : { instructions, poisoned: [] };
    return {
      instructions: this.#symbols.resolve(relocated.instructions),
      poisoned: [...relocated.poisoned, ...this.#symbols.missing(relocated.instructions)],
    };
  }

  /** Instructions that refer to a map that was not created fail where the program gets to them, as in libbpf. */
  #withoutMissing(instructions: readonly Instruction[]): Instruction[] {
    return instructions.flatMap((instruction) => {
      const { reference, ...rest } = instruction;
      if (reference?.kind !== "map" && reference?.kind !== "mapValue") return [instruction];
      const index = this.#object.maps.findIndex(({ name }) => name === reference.name);
      if (index < 0) return [instruction];
      const call = { ...rest, opcode: CALL, dst: 0, src: 0, offset: 0, imm: MISSING_MAP + index, immHigh: 0 };
      return [call, call]; // as many slots as the load had
    });
  }

  /** Loads a program that was resolved, to attach to what its section names or to something else. */
  load(
    written: ProgramSpec,
    resolved: ResolvedProgram,
    context: ProgramContext,
    attachTo?: AttachTo,
  ): ObjectProgram {
    const program = retarget(written, attachTo);
    using tables = new DisposableStack();
    const maps = new Map([...context.maps].map(([name, map]) => [name, map.descriptor]));
    for (const table of program.jumpTables ?? []) {
      maps.set(table.name, tables.use(createJumpTable(table, program.name)));
    }
    const instructions = this.#withoutMissing(withMaps(resolved.instructions, maps));
    const types = context.btf && programTypes(instructions, context.btf, this.#object.byteOrder);
    try {
      const { descriptor, log } = loadInstructions({
        ...program,
        ...attachTarget(program, context.structOps.get(program.name), attachTo),
        instructions,
        license: this.#object.license,
        fdArray: this.#symbols.fdArray(),
        ...(types && { types }),
        ...(context.token && { token: context.token }),
        logLevel: context.logLevel,
      });
      return new ObjectProgram(descriptor, program, context.maps, { log });
    } catch (error) {
      throw explainPoison(error, resolved.poisoned, program.name);
    }
  }
}
