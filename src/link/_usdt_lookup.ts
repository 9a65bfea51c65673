/**
 * What programs look up when a probe is hit: which arguments it has, and where.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { kernelBtf } from "../kernel/mod.ts";
import { inodeNumber } from "../sys/mod.ts";
import { parseArgument, splitArguments, type UsdtArgument } from "./_usdt_argument.ts";
import { encodeSpec, type PlacedArgument, takesIndices } from "./_usdt_layout.ts";
import { addressIn } from "./_usdt_memory.ts";
import type { UsdtNote, UsdtNotes } from "./_usdt_notes.ts";
import { registerOffset, type UsdtMachine, usdtMachine } from "./_usdt_registers.ts";
import { UsdtAddresses, type UsdtMap, type UsdtSpecs } from "./_usdt_specs.ts";
import { variableAddresses } from "./_user_variables.ts";

/** A probe of a file. */
export interface UsdtTarget {
  /** The attachment in messages: `a link of program "x" to USDT probe "y"`. */
  readonly what: string;
  readonly path: string;
  readonly file: Omit<UsdtNotes, "notes">;
  /** Those of the probe. */
  readonly notes: readonly UsdtNote[];
}

/**
 * Tells programs of the arguments at each place. Returns the number of the element for each, equal ones share one.
 *
 * @param undo Gives the elements back.
 *
 * @throws {NotSupportedError} Programs cannot have an argument.
 * @throws {MapFullError} There are not enough free elements.
 */
export function addSpecs(
  target: UsdtTarget,
  specs: UsdtSpecs,
  cookie: bigint,
  undo: DisposableStack,
): bigint[] {
  const known = new Map<string, bigint>();
  return argumentsOf(target, specs).map((all) => {
    const value = encodeSpec(specs.layout, all, cookie);
    const key = value.join();
    const shared = known.get(key);
    if (shared !== undefined) return shared;
    const id = undo.adopt(specs.add(value), (id) => specs.free(id));
    known.set(key, BigInt(id));
    return BigInt(id);
  });
}

/** The arguments of each note. */
function argumentsOf(target: UsdtTarget, specs: UsdtSpecs): PlacedArgument[][] {
  const { what, file, notes } = target;
  const machine = usdtMachine(file.machine);
  if (machine === undefined) {
    throw new NotSupportedError(
      `Cannot create ${what}: the file is for processor ${file.machine} (e_machine), not for x86-64 or aarch64`,
    );
  }
  const parsed = notes.map(({ argumentText }) => parseAll(what, argumentText, machine, specs));
  const names = parsed.flat().flatMap(({ place }) => place.kind === "variable" ? [place.name] : []);
  const variables = names.length > 0 ? variableAddresses(target.path, new Set(names)) : new Map();
  return parsed.map((all, i) =>
    all.map((argument) => placed(what, argument, machine, notes[i]?.address ?? 0, variables))
  );
}

function parseAll(what: string, text: string, machine: UsdtMachine, { layout }: UsdtSpecs): UsdtArgument[] {
  const texts = splitArguments(text);
  if (texts.length > layout.capacity) {
    throw new NotSupportedError(
      `Cannot create ${what}: it has ${texts.length} arguments, and programs can have ${layout.capacity}: ` +
        'attach without "specs", and do without them',
    );
  }
  return texts.map((one, i) => {
    const argument = parseArgument(one, machine);
    const isIndexed = typeof argument === "object" && argument.place.kind === "indexed";
    const problem = isIndexed && !takesIndices(layout)
      ? "it is found by an index, which takes bpf/usdt.bpf.h of libbpf 1.7"
      : argument;
    if (typeof problem === "object") return problem;
    throw new NotSupportedError(
      `Cannot create ${what}: argument ${i} ("${one}") cannot be read: ${problem}: attach without "specs", and do ` +
        "without the arguments",
    );
  });
}

/** Variables are as far from the instruction as the linker put them, wherever the file is loaded. */
function placed(
  what: string,
  argument: UsdtArgument,
  machine: UsdtMachine,
  address: number,
  variables: ReadonlyMap<string, ReadonlySet<number>>,
): PlacedArgument {
  const { place, ...rest } = argument;
  if (place.kind !== "variable") return { ...rest, place };
  const [start, ...others] = variables.get(place.name) ?? [];
  if (start === undefined || others.length > 0) {
    const state = start === undefined
      ? "the file has no such symbol, it may be stripped"
      : `there are ${others.length + 1} of that name`;
    throw new NotSupportedError(
      `Cannot create ${what}: variable "${place.name}" is an argument, and cannot be found: ${state}: attach without ` +
        '"specs", and do without the arguments',
    );
  }
  const offset = BigInt(start) + place.offset - BigInt(address);
  return { ...rest, place: { kind: "memory", register: registerOffset(machine, "rip") ?? 0, offset } };
}

/**
 * Tells programs, by the address of each place, which element is its own: `__bpf_usdt_spec_id()` of `usdt.bpf.h`.
 *
 * @param undo Removes the addresses.
 *
 * @throws {NotSupportedError} The addresses are those of a process, and none is given.
 */
export function setAddresses(
  { what, path, file, notes }: UsdtTarget,
  ids: UsdtMap,
  numbers: readonly bigint[],
  pid: number | undefined,
  undo: DisposableStack,
): void {
  if (file.movable && pid === undefined) {
    throw new NotSupportedError(
      `Cannot create ${what}: the file is loaded anywhere in memory, and before Linux 5.15 programs see arguments by ` +
        'the address of the probe: give the process by "pid"',
    );
  }
  const addresses = new UsdtAddresses(ids);
  notes.forEach(({ address, offset }, i) => {
    const isMoved = file.movable && pid !== undefined;
    const where = isMoved ? addressIn(pid, path, inodeNumber(path), offset) : BigInt(address);
    addresses.set(where, Number(numbers[i]));
    undo.defer(() => addresses.delete(where));
  });
}

/** Whether programs with `usdt.bpf.h` look at the cookie, as they decide it: `LINUX_HAS_BPF_COOKIE`. Since Linux 5.15. */
export function hasCookies(): boolean {
  const helpers = kernelBtf().find("bpf_func_id", "enum")?.values ?? [];
  return helpers.some(({ name }) => name === "BPF_FUNC_get_attach_cookie");
}
