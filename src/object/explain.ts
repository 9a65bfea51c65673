/**
 * Refusals that come from what the kernel lacks.
 *
 * @module
 */
import { NotSupportedError, VerifierError } from "../errors.ts";
import type { PoisonedInstruction } from "../relocate/mod.ts";

/** The verifier at a poisoned instruction, `invalid func unknown#195896080`, or a missing function, `#2002000010`. */
const POISON = /invalid func unknown#(195896080|2002\d{6})\b/;
/** The line of an instruction in the log: `12: (85) call unknown#195896080`. */
const INSTRUCTION = /^(\d+): \(85\) call/;

/**
 * The error to throw in place of `error`: what the kernel lacks, where the verifier got to an instruction that needs it.
 */
export function explainPoison(
  error: unknown,
  poisoned: readonly PoisonedInstruction[],
  program: string,
): unknown {
  if (!(error instanceof VerifierError) || !error.log.some((line) => POISON.test(line))) return error;
  const slot = Number(error.log.findLast((line) => INSTRUCTION.test(line))?.match(INSTRUCTION)?.[1] ?? -1);
  const reasons = poisoned.filter((one) => one.slot === slot || slot < 0).map((one) => one.reason);
  if (reasons.length === 0) return error;
  return new NotSupportedError(
    `Cannot load program "${program}": it needs what this kernel does not have: ${reasons.join("; ")}: ` +
      "check with bpf_core_field_exists(), bpf_core_type_exists() or bpf_ksym_exists() first",
    { cause: error },
  );
}
