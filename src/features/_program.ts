/**
 * Programs that are loaded for a moment to see what the kernel says.
 *
 * @module
 */
import { encode, exit, type Instruction, mov, r0 } from "../asm/mod.ts";
import {
  type AttachType,
  attachTypeNumber,
  attemptLoad,
  programFlags,
  type ProgramType,
  programTypeNumber,
} from "../program/mod.ts";
import { failure, type Outcome } from "./_outcome.ts";
import { allocate, type Descriptor, textOf } from "../sys/mod.ts";

/** A program to try. */
export interface Attempted {
  readonly type: ProgramType;
  readonly instructions: readonly Instruction[];
  /** That of {@linkcode USUAL} unless given. */
  readonly attachType?: AttachType | number;
  /** The BTF id of what it is for. */
  readonly target?: number;
  /** Descriptors that instructions refer to. */
  readonly fdArray?: Int32Array<ArrayBuffer>;
  /** Without a log, which that of a long program is no room for. */
  readonly quiet?: true;
}

/** What the kernel says to a program. */
export interface ProgramAttempt {
  /** 0 where it takes it. */
  readonly errno: number;
  /** Whether the verifier has seen it: whatever refuses before leaves the log empty. */
  readonly verified: boolean;
  /** The log of the verifier, where it refuses, without what it counts. */
  readonly log: readonly string[];
}

/** Returns 1, the one value that programs of all types may return (`check_return_code`). */
export const RETURN: readonly Instruction[] = [mov(r0, 1), exit()];

/** An id of BTF that is no function and no other target: the first type of vmlinux is a basic one. */
export const NO_TARGET = 1;

/** How programs attach, for types that the kernel wants to know it of: `bpf_prog_load_check_attach`. */
export const USUAL: Readonly<Partial<Record<ProgramType, AttachType>>> = {
  cgroup_sock_addr: "cgroup_inet4_connect",
  cgroup_sockopt: "cgroup_getsockopt",
  sk_lookup: "sk_lookup",
  lirc_mode2: "lirc_mode2",
  tracing: "trace_raw_tp",
  lsm: "lsm_mac",
  netfilter: "netfilter",
};

const LOG_SIZE = 8 << 10;
const LOG_LEVEL = 1;
let log: Uint8Array<ArrayBuffer> | undefined;

/** What ends the log, whatever it is about: `print_verification_stats`. */
const COUNTS = /^processed \d+ insns/;

/** Loads a program and lets it go. */
export function attemptProgram(program: Attempted): ProgramAttempt {
  const { errno, descriptor, text } = load(program);
  descriptor?.close();
  const lines = errno === 0 ? [] : text.split("\n").filter((line) => line !== "" && !COUNTS.test(line));
  return { errno, verified: text !== "", log: lines };
}

/** Loads a program to go on with; what that shows where the kernel refuses. */
export function loadedProgram(program: Attempted): Descriptor | Outcome {
  const { errno, descriptor, text } = load(program);
  if (descriptor) return descriptor;
  return text === "" ? failure(errno) : errno; // the verifier finds fault with the program itself
}

function load(
  { type, instructions, attachType = USUAL[type] ?? 0, target, fdArray, quiet }: Attempted,
): { errno: number; descriptor: Descriptor | undefined; text: string } {
  log ??= allocate(LOG_SIZE);
  log[0] = 0;
  const bytes = encode(instructions);
  const { errno, program } = attemptLoad(
    {
      name: "probe",
      type: programTypeNumber(type),
      instructions,
      license: "GPL",
      flags: type === "syscall" ? programFlags(["sleepable"]) : 0,
      attachType: typeof attachType === "number" ? attachType : attachTypeNumber(attachType),
      ...(!quiet && { logLevel: LOG_LEVEL }),
      ...(target !== undefined && { attachBtfId: target }),
      ...(fdArray && { fdArray }),
    },
    bytes,
    quiet ? undefined : log,
  );
  return { errno, descriptor: program, text: textOf(log) };
}
