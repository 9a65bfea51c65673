import { type CoreRelocation, type Instruction, isWide } from "../asm/core.ts";
import type { Btf } from "../btf/core.ts";
import { BtfError } from "../errors.ts";
import { KIND } from "./_kind.ts";
import { type Answer, answer } from "./access.ts";
import { type Access, formatAccess, parseAccess } from "./accessor.ts";
import { type Candidate, findCandidates } from "./candidates.ts";
import { matchAccess } from "./match.ts";
import { patch, poison } from "./patch.ts";

/** An instruction that asks for what the kernel does not have. */
export interface PoisonedInstruction {
  /** Where it is, in slots from the start of the program, as the verifier's log counts. */
  readonly slot: number;
  /** What the kernel lacks, as the part of a sentence. */
  readonly reason: string;
}

/** What {@linkcode relocate} gives back. */
export interface RelocatedProgram {
  /** As long in slots as before, with no CO-RE record left. */
  readonly instructions: Instruction[];
  /** Those replaced by a call of a helper that no kernel has, `call 195896080`; harmless where they are not reached. */
  readonly poisoned: readonly PoisonedInstruction[];
}

/**
 * Applies the CO-RE records of a program: puts in the offsets, sizes and values of the kernel that it is going to
 * run on. The rules are libbpf's, with its checks and its way to disable an instruction that cannot be right.
 *
 * @param local The types of the object file.
 * @param targets The types of the kernel, then those of its modules, which are asked for only where the kernel itself
 * does not have a name.
 *
 * @throws {BtfError} A record contradicts the object's types, or the kernel's types give several answers.
 * @throws {BytecodeError} An instruction is not one that its record can be about.
 *
 * @example
 * ```ts
 * import type { Instruction } from "@waggle/ebpf/asm";
 * import { type Btf, parseBtf } from "@waggle/ebpf/btf";
 * import { relocate } from "@waggle/ebpf/relocate";
 *
 * function forKernel(program: Instruction[], local: Btf, vmlinux: Uint8Array): Instruction[] {
 *   return relocate(program, local, [parseBtf(vmlinux)]).instructions;
 * }
 * ```
 */
export function relocate(
  instructions: readonly Instruction[],
  local: Btf,
  targets: Iterable<Btf>,
): RelocatedProgram {
  const resolver = new Resolver(local, targets);
  const relocated: Instruction[] = [];
  const poisoned: PoisonedInstruction[] = [];
  let slot = 0;
  for (const instruction of instructions) {
    if (instruction.relocation === undefined) {
      relocated.push(instruction);
    } else {
      const { relocation, ...plain } = instruction;
      const { original, target, lack } = resolver.resolve(relocation);
      const patched = target && original && patch(plain, original, target);
      if (patched === undefined) {
        poisoned.push({ slot, reason: lack });
        relocated.push(...poison(plain));
      } else {
        relocated.push(patched);
      }
    }
    slot += isWide(instruction) ? 2 : 1;
  }
  return { instructions: relocated, poisoned };
}

/** A record with what the compiler and the kernel answer. */
interface Resolution {
  readonly original: Answer | undefined;
  /** Missing where the kernel has no answer. */
  readonly target: Answer | undefined;
  /** What the kernel lacks, should the instruction have to be poisoned. */
  readonly lack: string;
}

/** Resolves records, each different one once. */
class Resolver {
  readonly #local: Btf;
  readonly #targets: Iterable<Btf>;
  readonly #resolutions: Map<string, Resolution> = new Map();
  /** By the id of the local type. A record that some candidates fulfil leaves only those to later records. */
  readonly #candidates: Map<number, Candidate[]> = new Map();

  constructor(local: Btf, targets: Iterable<Btf>) {
    this.#local = local;
    this.#targets = targets;
  }

  resolve(relocation: CoreRelocation): Resolution {
    const key = `${relocation.kind} ${relocation.typeId} ${relocation.accessor}`;
    let resolution = this.#resolutions.get(key);
    if (resolution === undefined) {
      resolution = this.#resolve(relocation);
      this.#resolutions.set(key, resolution);
    }
    return resolution;
  }

  #resolve(relocation: CoreRelocation): Resolution {
    const { kind, typeId } = relocation;
    const access = parseAccess(this.#local, relocation);
    const original = answer(access, kind);
    if (kind === KIND.TYPE_ID_LOCAL) return { original, target: original, lack: "" };
    if (this.#local.nameOf(typeId) === "") {
      throw new BtfError(`Cannot relocate type ${typeId}: it has no name to look for in the kernel`);
    }

    const candidates = this.#candidatesOf(typeId);
    const matching: Candidate[] = [];
    let found: Access | undefined;
    for (const candidate of candidates) {
      const match = matchAccess(access, kind, candidate);
      if (match === undefined) continue;
      if (found !== undefined) assertSame(access, kind, found, match);
      found ??= match;
      matching.push(candidate);
    }
    if (matching.length > 0) this.#candidates.set(typeId, matching);
    const target = answer(found, kind);
    return { original, target, lack: describeLack(access, candidates, original, target) };
  }

  #candidatesOf(typeId: number): Candidate[] {
    let candidates = this.#candidates.get(typeId);
    if (candidates === undefined) {
      candidates = findCandidates(this.#local, typeId, this.#targets);
      this.#candidates.set(typeId, candidates);
    }
    return candidates;
  }
}

/** Several types of the kernel may fulfil a record only if it makes no difference which one is meant. */
function assertSame(local: Access, kind: number, first: Access, second: Access): void {
  const [a, b] = [answer(first, kind)?.value, answer(second, kind)?.value];
  if (first.bitOffset === second.bitOffset && a === b) return;
  const ids = `types ${first.rootId} and ${second.rootId} of the kernel`;
  throw new BtfError(
    `Cannot relocate "${formatAccess(local)}": ${ids} give different answers, ${a} and ${b}`,
  );
}

function describeLack(
  local: Access,
  candidates: readonly Candidate[],
  original: Answer | undefined,
  target: Answer | undefined,
): string {
  const type = `${local.btf.kindOf(local.rootId)} "${local.btf.nameOf(local.rootId)}"`;
  const place = formatAccess(local);
  if (candidates.length === 0) return `the kernel has no ${type}`;
  if (target === undefined) {
    const tried = candidates.map(({ id }) => id).join(", ");
    return `the kernel's ${type} has no compatible "${place}" (candidates tried: type ${tried})`;
  }
  const sizes = `${original?.moved?.size ?? 0} bytes in the object and ${
    target.moved?.size ?? 0
  } in the kernel`;
  return `"${place}" is ${sizes}, and not an unsigned integer or pointer in both`;
}
