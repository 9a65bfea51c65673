/**
 * Where probes that programs declare themselves are, and their arguments there.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { kernelVersionCode, versionCode } from "../kernel/mod.ts";
import { findUsdt, usdtArguments, type UsdtArgumentSpec } from "../link/places.ts";

/** A probe, and the ways in which its places have their arguments. */
export interface UsdtWays {
  readonly found: ReturnType<typeof findUsdt>;
  readonly ways: readonly (readonly (UsdtArgumentSpec | string)[])[];
  /** The number of the way of each place, where there are several. */
  readonly cookies: readonly bigint[] | undefined;
  /** Whether one link goes to all places: since Linux 6.6. */
  readonly together: boolean;
}

/**
 * Finds a probe by its file, and provider and name.
 *
 * @throws {NotFoundError} There is no such file or probe; the message lists the closest names.
 * @throws {NotSupportedError} The file is for another processor than x86-64 and aarch64.
 */
export function usdtWays(path: string, name: string): UsdtWays {
  const found = findUsdt(path, name);
  const places = usdtArguments(found.path, found.file, found.notes);
  if (typeof places === "string") {
    throw new NotSupportedError(`Cannot attach to USDT probe "${name}" of "${path}": ${places}`);
  }
  const { ways, cookies } = waysOf(places);
  const together = places.length > 1 && kernelVersionCode() >= versionCode("6.6");
  return { found, ways, cookies: ways.length > 1 ? cookies : undefined, together };
}

type Arguments = readonly (UsdtArgumentSpec | string)[];

/** The ways in which places have their arguments, and the number of that of each place. */
function waysOf(places: readonly Arguments[]): { ways: Arguments[]; cookies: bigint[] } {
  const known = new Map<string, number>();
  const ways: Arguments[] = [];
  const cookies = places.map((all) => {
    const key = JSON.stringify(all, (_, value) => typeof value === "bigint" ? `${value}n` : value);
    const way = known.get(key) ?? ways.push(all) - 1;
    known.set(key, way);
    return BigInt(way);
  });
  return { ways, cookies };
}
