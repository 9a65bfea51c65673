/**
 * Addresses of the kernel's symbols.
 *
 * @module
 */
import { NotFoundError, PermissionError } from "../errors.ts";
import { readFile } from "../sys/mod.ts";

/**
 * The addresses of symbols, from `/proc/kallsyms`. Names that the kernel does not have are not in the result.
 *
 * @throws {NotFoundError} A name has several addresses.
 * @throws {PermissionError} The kernel hides addresses from this process (`kernel.kptr_restrict`).
 */
export function kernelSymbols(names: Iterable<string>): Map<string, bigint> {
  // Line by line would make a string of each of 100,000 lines; a search of the whole makes one of each match.
  const text = new TextDecoder("latin1").decode(readFile("/proc/kallsyms"));
  const addresses = new Map<string, bigint>();
  for (const name of new Set(names)) {
    for (const address of addressesOf(name, text)) {
      const known = addresses.get(name);
      if (known !== undefined && known !== address) {
        throw new NotFoundError(`Cannot find kernel symbol "${name}": there are several of that name`);
      }
      if (address === 0n) {
        throw new PermissionError(
          `Cannot find kernel symbol "${name}": the kernel hides addresses: sysctl kernel.kptr_restrict=1 and CAP_SYSLOG`,
        );
      }
      addresses.set(name, address);
    }
  }
  return addresses;
}

/** The addresses in lines such as `ffffffff81000000 T name` and `… t name\t[module]`. */
function* addressesOf(name: string, text: string): Generator<bigint> {
  const wanted = ` ${name}`;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const after = text[at + wanted.length];
    if (after !== "\n" && after !== "\t" && after !== undefined) continue;
    const line = text.lastIndexOf("\n", at) + 1;
    yield BigInt("0x" + text.slice(line, text.indexOf(" ", line)));
  }
}

/**
 * The names of symbols by their distance in bytes from another, which is how translated programs call helpers. Distances
 * where none begins are not in the result, which is empty where the kernel hides addresses; of several names for one
 * address it has the first.
 */
export function symbolNamesFrom(base: string, distances: Iterable<number>): Map<number, string> {
  const text = new TextDecoder("latin1").decode(readFile("/proc/kallsyms"));
  const [start = 0n] = addressesOf(base, text);
  const names = new Map<number, string>();
  if (start === 0n) return names;
  for (const distance of distances) {
    const line = `\n${(start + BigInt(distance)).toString(16).padStart(16, "0")} `;
    const at = text.indexOf(line);
    if (at < 0) continue;
    const [name = ""] = text.slice(at + line.length + "T ".length, text.indexOf("\n", at + 1)).split("\t");
    names.set(distance, name);
  }
  return names;
}
