/**
 * What programs look up when a probe is hit: which arguments it has, and where.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { kernelBtf } from "../kernel/mod.ts";
import { inodeNumber } from "../sys/mod.ts";
import { splitArguments } from "./_usdt_argument.ts";
import { argumentsOf, type PlacedArgument } from "./_usdt_arguments.ts";
import { encodeSpec, takesIndices } from "./_usdt_layout.ts";
import { addressIn } from "./_usdt_memory.ts";
import type { UsdtNote, UsdtNotes } from "./_usdt_notes.ts";
import { UsdtAddresses, type UsdtMap, type UsdtSpecs } from "./_usdt_specs.ts";

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
  return readable(target, specs).map((all) => {
    const value = encodeSpec(specs.layout, all, cookie);
    const key = value.join();
    const shared = known.get(key);
    if (shared !== undefined) return shared;
    const id = undo.adopt(specs.add(value), (id) => specs.free(id));
    known.set(key, BigInt(id));
    return BigInt(id);
  });
}

/** The arguments of each note, all of which the program can have. */
function readable({ what, path, file, notes }: UsdtTarget, { layout }: UsdtSpecs): PlacedArgument[][] {
  const places = argumentsOf(path, file, notes);
  if (typeof places === "string") throw new NotSupportedError(`Cannot create ${what}: ${places}`);
  return places.map((all, place) => {
    if (all.length > layout.capacity) {
      throw new NotSupportedError(
        `Cannot create ${what}: it has ${all.length} arguments, and programs can have ${layout.capacity}: ` +
          'attach without "specs", and do without them',
      );
    }
    return all.map((one, i) => {
      const isIndexed = typeof one === "object" && one.place.kind === "indexed";
      const found = isIndexed && !takesIndices(layout)
        ? "it is found by an index, which takes bpf/usdt.bpf.h of libbpf 1.7"
        : one;
      if (typeof found === "object") return found;
      const text = splitArguments(notes[place]?.argumentText ?? "")[i] ?? "";
      throw new NotSupportedError(
        `Cannot create ${what}: argument ${i} ("${text}") cannot be read: ${found}: attach without "specs", and do ` +
          "without the arguments",
      );
    });
  });
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
