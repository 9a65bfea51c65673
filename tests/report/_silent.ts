/**
 * The object of tests/bpf/silent.bpf.c, and what reports say of its parts.
 *
 * @module
 */
import { type BpfObject, load } from "../../src/object/mod.ts";
import type {
  AttachmentReport,
  Finding,
  MapReport,
  ObjectReport,
  ProgramReport,
  Report,
} from "../../src/report/mod.ts";
import { fixture } from "../_bpf.ts";

/** The object with these programs alone. */
export function silent(
  only: readonly string[],
  variables: NonNullable<Parameters<typeof load>[1]>["variables"] = {},
): Promise<BpfObject> {
  return load(fixture("silent"), { only, variables });
}

/** Runs the program as if the tracepoint had that argument. */
export function number(object: BpfObject, value: number, times = 1): void {
  const context = new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
  for (let i = 0; i < times; i++) object.programs.get("on_number").run({ context });
}

/** The part of a report about a program. */
export function programIn({ subject }: Report, name: string): ProgramReport {
  const found = (subject as ObjectReport).programs.find((program) => program.name === name);
  if (!found) throw new Error(`The report has no program "${name}"`);
  return found;
}

/** The part of a report about a map. */
export function mapIn({ subject }: Report, name: string): MapReport {
  const found = (subject as ObjectReport).maps.find((map) => map.name === name);
  if (!found) throw new Error(`The report has no map "${name}"`);
  return found;
}

/** The one attachment of a program. */
export function attachmentOf({ attachments }: ProgramReport): AttachmentReport {
  const [one] = attachments;
  if (!one || attachments.length !== 1) throw new Error(`The program has ${attachments.length} attachments`);
  return one;
}

/** What was found, as `level code`. */
export function codes({ findings }: { readonly findings: readonly Finding[] }): string[] {
  return findings.map(({ level, code }) => `${level} ${code}`);
}

/** The texts of what was found under a code. */
export function texts(
  { findings }: { readonly findings: readonly Finding[] },
  code: Finding["code"],
): string[] {
  return findings.filter((one) => one.code === code).map(({ text }) => text);
}
