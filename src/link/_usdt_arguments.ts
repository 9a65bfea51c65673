/**
 * The arguments of probes at each of their places, by registers alone.
 *
 * @module
 */
import { parseArgument, splitArguments, type UsdtArgument, type UsdtPlace } from "./_usdt_argument.ts";
import type { UsdtNote, UsdtNotes } from "./_usdt_notes.ts";
import { registerOffset, type UsdtMachine, usdtMachine } from "./_usdt_registers.ts";
import { variableAddresses } from "./_user_variables.ts";

/** An argument whose place is known by registers alone. */
export interface PlacedArgument extends UsdtArgument {
  readonly place: Exclude<UsdtPlace, { readonly kind: "variable" }>;
}

/**
 * The arguments of each note. A text in the place of one says why programs cannot have it, one in the place of all why they have
 * none.
 */
export function argumentsOf(
  path: string,
  file: Pick<UsdtNotes, "machine">,
  notes: readonly UsdtNote[],
): (PlacedArgument | string)[][] | string {
  const machine = usdtMachine(file.machine);
  if (machine === undefined) {
    return `the file is for processor ${file.machine} (e_machine), not for x86-64 or aarch64`;
  }
  const parsed = notes.map(({ argumentText }) =>
    splitArguments(argumentText).map((text) => parseArgument(text, machine))
  );
  const names = parsed.flat().flatMap((one) =>
    typeof one === "object" && one.place.kind === "variable" ? [one.place.name] : []
  );
  const variables = names.length > 0 ? variableAddresses(path, new Set(names)) : new Map();
  return parsed.map((all, i) =>
    all.map((one) => typeof one === "string" ? one : placed(one, machine, notes[i]?.address ?? 0, variables))
  );
}

/** Variables are as far from the instruction as the linker put them, wherever the file is loaded. */
function placed(
  argument: UsdtArgument,
  machine: UsdtMachine,
  address: number,
  variables: ReadonlyMap<string, ReadonlySet<number>>,
): PlacedArgument | string {
  const { place, ...rest } = argument;
  if (place.kind !== "variable") return { ...rest, place };
  const [start, ...others] = variables.get(place.name) ?? [];
  if (start === undefined || others.length > 0) {
    const state = start === undefined
      ? "the file has no such symbol, it may be stripped"
      : `there are ${others.length + 1} of that name`;
    return `variable "${place.name}" cannot be found: ${state}`;
  }
  const offset = BigInt(start) + place.offset - BigInt(address);
  return { ...rest, place: { kind: "memory", register: registerOffset(machine, "rip") ?? 0, offset } };
}
