/**
 * What the kernel made of a program: its instructions after the verifier's rewriting, and machine code.
 *
 * @module
 */
import { CALL, decode, type Instruction, PSEUDO, slotsByIndex } from "../asm/core.ts";
import { NotSupportedError, PermissionError } from "../errors.ts";
import { symbolNamesFrom } from "../kernel/mod.ts";
import { allocate, objInfo } from "../sys/mod.ts";
import { PROG_INFO } from "../uapi/mod.ts";
import { readFacts } from "./info.ts";
import type { Program } from "./program.ts";
import { type ProgramSources, programSources } from "./sources.ts";

/** Reads the instructions as {@linkcode Program.instructions} says. */
export function readInstructions(program: Program): Instruction[] {
  const { descriptor } = program;
  const facts = readFacts(descriptor);
  const size = facts.get("xlated_prog_len");
  if (size === 0) throw hidden(program, "the process lacks CAP_BPF: run it as root");
  const bytes = allocate(size);
  // Alone: where the kernel hides instructions, it leaves out all that comes after (bpf_prog_get_info_by_fd)
  const info = objInfo(descriptor, PROG_INFO, { xlated_prog_len: size, xlated_prog_insns: bytes });
  if (info.get64("xlated_prog_insns") === 0n) {
    throw hidden(program, "sysctl kernel.kptr_restrict=0, or net.core.bpf_jit_harden=0 and load it again");
  }
  const sources = programSources(descriptor, facts);
  return annotate(decode(bytes), sources, facts.get("jited_prog_len") > 0);
}

function hidden({ name }: Program, cure: string): PermissionError {
  return new PermissionError(
    `Cannot read the instructions of program "${name}": the kernel hides them: ${cure}`,
  );
}

/** Puts names in: of functions, their calls, and the lines of source. */
function annotate(instructions: Instruction[], sources: ProgramSources, jited: boolean): Instruction[] {
  const slots = slotsByIndex(instructions);
  const helpers = helperNames(instructions);
  return instructions.map((instruction, index): Instruction => {
    const slot = slots[index] ?? 0;
    const starts = sources.functions.get(slot);
    const source = sources.lines.get(slot);
    const name = calledName(instruction, slot, sources, jited, helpers);
    return {
      ...instruction,
      ...(starts && { symbol: starts.name, functionTypeId: starts.typeId }),
      ...(source && { source }),
      ...(name?.reference && { reference: name.reference }),
    };
  });
}

type Named = Pick<Instruction, "reference"> | undefined;

function calledName(
  { opcode, src, imm }: Instruction,
  slot: number,
  { functions }: ProgramSources,
  jited: boolean,
  helpers: ReadonlyMap<number, string>,
): Named {
  if (opcode !== CALL) return undefined;
  if (src === PSEUDO.CALL) {
    // Compiled programs have the number of the function in imm, and the distance in the offset (jit_subprogs)
    const called = jited ? [...functions.values()][imm] : functions.get(slot + 1 + imm);
    return called && { reference: { kind: "function", name: called.name } };
  }
  const name = helpers.get(imm);
  return name === undefined ? undefined : { reference: { kind: "ksym", name, weak: false, typeId: 0 } };
}

/** The functions of the kernel that are called, by the distance from `__bpf_call_base` that stands for each. */
function helperNames(instructions: readonly Instruction[]): Map<number, string> {
  const distances = new Set(
    instructions.filter(({ opcode, src, imm }) => opcode === CALL && src !== PSEUDO.CALL && imm !== 0)
      .map(({ imm }) => imm),
  );
  return distances.size === 0 ? new Map() : symbolNamesFrom("__bpf_call_base", distances);
}

/** A function of a program as machine code. */
export interface MachineFunction {
  /** In the source; `undefined` where the program has no BTF, or the process may not read it. */
  readonly name: string | undefined;
  /** Where it lies in the kernel; 0 where that is hidden from this process. */
  readonly address: bigint;
  /** The code. */
  readonly code: Uint8Array;
}

/** Reads the machine code as {@linkcode Program.machineCode} says. */
export function readMachineCode(program: Program): MachineFunction[] {
  const { descriptor, name } = program;
  const head = `Cannot read the machine code of program "${name}"`;
  const facts = readFacts(descriptor);
  if (facts.get("xlated_prog_len") === 0) {
    throw new PermissionError(`${head}: the kernel hides it: the process lacks CAP_BPF: run it as root`);
  }
  const size = facts.get("jited_prog_len");
  if (size === 0) {
    throw new NotSupportedError(
      `${head}: the kernel interprets it: sysctl net.core.bpf_jit_enable=1, and load it again`,
    );
  }
  const count = facts.get("nr_jited_func_lens");
  const [bytes, lengths, addresses] = [allocate(size), allocate(count * 4), allocate(count * 8)];
  const info = objInfo(descriptor, PROG_INFO, {
    jited_prog_len: size,
    jited_prog_insns: bytes,
    nr_jited_func_lens: count,
    jited_func_lens: lengths,
    nr_jited_ksyms: count,
    jited_ksyms: addresses,
  });
  if (info.get64("jited_prog_insns") === 0n) {
    throw new PermissionError(`${head}: the kernel hides it: sysctl kernel.kptr_restrict=0`);
  }
  return functionsOf(bytes, lengths, addresses, [...programSources(descriptor, facts).functions.values()]);
}

function functionsOf(
  bytes: Uint8Array<ArrayBuffer>,
  lengths: Uint8Array<ArrayBuffer>,
  addresses: Uint8Array<ArrayBuffer>,
  names: readonly { readonly name: string }[],
): MachineFunction[] {
  const starts = new BigUint64Array(addresses.buffer, addresses.byteOffset);
  let at = 0;
  return [...new Uint32Array(lengths.buffer, lengths.byteOffset)].map((length, index) => {
    const code = bytes.subarray(at, at += length);
    return { name: names[index]?.name, address: starts[index] ?? 0n, code };
  });
}
