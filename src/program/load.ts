/**
 * Loading programs that were written with the assembler.
 *
 * @module
 */
import type { Instruction } from "../asm/core.ts";
import type { Btf } from "../btf/core.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { loadTypes, openToken } from "../kernel/mod.ts";
import type { Descriptor } from "../sys/mod.ts";
import { type KernelTarget, kernelTarget, programTarget } from "./attach_target.ts";
import { defaultAttachType, LOADED_FOR_A_TARGET } from "./attach_types.ts";
import { type LogLevel, logLevel, type ProgramFlag, programFlags } from "./flags.ts";
import { loadInstructions } from "./new_program.ts";
import { Program } from "./program.ts";
import { type AttachType, attachTypeNumber, type ProgramType, programTypeNumber } from "./type.ts";
import { programTypes } from "./types.ts";

/** Options of {@linkcode loadProgram}. */
export interface LoadProgramOptions {
  /** For messages, and up to 15 bytes of it for tools such as bpftool. */
  readonly name: string;
  /** What it is made for. */
  readonly type: ProgramType;
  /** References to maps name keys of {@linkcode LoadProgramOptions.maps}. */
  readonly instructions: readonly Instruction[];
  /** `GPL` by default, which the helpers for tracing ask for. */
  readonly license?: string;
  /** The maps that instructions refer to, by name. */
  readonly maps?: Readonly<Record<string, { readonly descriptor: Descriptor }>>;
  /**
   * How it will be attached, for types with several ways: `cgroup_inet4_connect`, `trace_raw_tp`. Since Linux 4.17. Types
   * with one way have that by default.
   */
  readonly expectedAttachType?: AttachType;
  /**
   * The function or type to attach to, for types that the kernel wants to know it of: `tracing`, `lsm` and `ext`. By its
   * name in the kernel or a module (`sched_process_exec`, `file_open`), or a function of another program. Since Linux 5.5.
   */
  readonly attachTo?: string | { readonly program: Program; readonly function: string };
  /** `sleepable`, `xdp_has_frags` and others; `sleepable` by default for type `syscall`, which must be. */
  readonly flags?: readonly ProgramFlag[];
  /** The types that `functionTypeId` and `source` of the instructions refer to. Since Linux 5.0. */
  readonly btf?: Btf;
  /** What the verifier logs of the program when it takes it, into {@linkcode Program.log}; nothing by default. */
  readonly log?: readonly LogLevel[];
  /** A BPF file system to take a token from, for processes without capabilities. Since Linux 6.9. */
  readonly token?: string;
}

/**
 * Loads a program that was written with the assembler (`BPF_PROG_LOAD`).
 *
 * @example A program that lets every packet pass
 * ```ts ignore
 * import { loadProgram } from "@waggle/ebpf";
 * import { exit, mov, r0 } from "@waggle/ebpf/asm";
 *
 * using pass = loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] });
 * console.log(pass.run({ data: new Uint8Array(64) }).returnValue); // 2, XDP_PASS
 * ```
 *
 * @example One that is called where a process starts another, with typed arguments
 * ```ts ignore
 * import { loadProgram } from "@waggle/ebpf";
 * import { exit, mov, r0 } from "@waggle/ebpf/asm";
 *
 * using program = loadProgram({
 *   name: "on_exec",
 *   type: "tracing",
 *   expectedAttachType: "trace_raw_tp",
 *   attachTo: "sched_process_exec",
 *   instructions: [mov(r0, 0), exit()],
 * });
 * ```
 *
 * @throws {VerifierError} The verifier refuses the program; the error has its log.
 * @throws {NotSupportedError} The kernel is too old or too small for programs of this type.
 * @throws {SyscallError} Programs of the type do not attach in that way.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {NotFoundError} There is nothing of the name to attach to.
 * @throws {BytecodeError} An instruction refers to something that is not there.
 * @throws {TypeError} There is no such type, attach type, flag or level, or they do not go together.
 */
export function loadProgram(options: LoadProgramOptions): Program {
  const { name, instructions, license = "GPL", maps = {} } = options;
  const type = programTypeNumber(options.type);
  const attachType = options.expectedAttachType === undefined
    ? defaultAttachType(options.type)
    : attachTypeNumber(options.expectedAttachType);
  const flags = programFlags(options.flags ?? []) |
    (options.type === "syscall" ? programFlags(["sleepable"]) : 0);
  const target = targetOf(options, attachType);
  const descriptors = new Map(Object.entries(maps).map(([name, map]) => [name, map.descriptor]));
  const linked = withMaps(instructions, descriptors);
  using temporary = new DisposableStack();
  const token = options.token === undefined ? undefined : temporary.use(openToken(options.token));
  const btf = temporary.use(loadTypes(options.btf, token)) ?? undefined;
  const types = btf && programTypes(linked, btf, LITTLE_ENDIAN ? "little" : "big");
  const { descriptor, log } = loadInstructions({
    name,
    type,
    instructions: linked,
    license,
    flags,
    attachType,
    ...target?.kernel,
    ...(types && { types }),
    ...(token && { token }),
    ...(options.log && { logLevel: logLevel(options.log) }),
  });
  const { expectedAttachType } = options;
  return new Program(descriptor, name, { attachTo: target?.name, expectedAttachType, log });
}

function targetOf(
  { name, type, attachTo }: LoadProgramOptions,
  attachType: number,
): { readonly kernel: KernelTarget; readonly name: string } | undefined {
  if (attachTo === undefined) return undefined;
  const program = `"${name}" (${type})`;
  if (!LOADED_FOR_A_TARGET.has(type)) {
    const types = [...LOADED_FOR_A_TARGET].join(", ");
    throw new TypeError(
      `Cannot load program ${program}: only those of type ${types} are loaded for one target: leave attachTo out`,
    );
  }
  return typeof attachTo === "string"
    ? { kernel: kernelTarget(program, attachType, attachTo), name: attachTo }
    : { kernel: programTarget(program, attachTo.program, attachTo.function), name: attachTo.function };
}

/** Puts the descriptors of maps in the place of their names. */
export function withMaps(
  instructions: readonly Instruction[],
  maps: ReadonlyMap<string, Descriptor>,
): Instruction[] {
  return instructions.map((instruction) => {
    const { reference, ...rest } = instruction;
    const map = reference?.kind === "map" || reference?.kind === "mapValue"
      ? maps.get(reference.name)
      : undefined;
    return map ? { ...rest, imm: map.fd } : instruction;
  });
}
