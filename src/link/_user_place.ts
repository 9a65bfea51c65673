/**
 * Places in programs and libraries: symbols as offsets in their files.
 *
 * @module
 */
import { NotFoundError } from "../errors.ts";
import { closest } from "../kernel/mod.ts";
import { globPattern } from "./_glob.ts";
import { UserElf, type UserFunction } from "./_user_elf.ts";

/** Finds places in one file, which is read when the first symbol is asked for. */
export class UserPlaces {
  readonly #path: string;
  #elf: UserElf | undefined;

  /** Of the file at this path. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * In bytes from the start of the file: of a symbol, with `+` and a number of bytes after it where wanted, or the offset
   * itself.
   *
   * @throws {NotFoundError} The file has no such function, or several; the message lists the closest names.
   * @throws {RangeError} The offset is no positive integer, or is beyond the end of the function.
   */
  offsetOf(target: string | number): number {
    if (typeof target === "string") return this.#symbolOffset(target);
    if (Number.isSafeInteger(target) && target >= 0) return target;
    throw new RangeError(`Cannot find offset ${target} of "${this.#path}": it is no positive integer`);
  }

  /**
   * The offsets of all functions that a pattern with `*` and `?` matches, ascending.
   *
   * @throws {NotFoundError} There is none.
   */
  offsetsLike(pattern: string): number[] {
    const matches = globPattern(pattern);
    const offsets = new Set<number>();
    for (const { name, offset, chooser } of this.#read().functions()) {
      if (offset !== undefined && !chooser && matches.test(name)) offsets.add(offset);
    }
    if (offsets.size > 0) return [...offsets].sort((a, b) => a - b);
    throw new NotFoundError(`Cannot find functions "${pattern}" of "${this.#path}": none matches`);
  }

  #symbolOffset(target: string): number {
    const whole = this.#read().named(target);
    const [, name = target, after] = whole.length > 0
      ? []
      : /^(.+)\+(0[xX][\da-fA-F]+|\d+)$/.exec(target) ?? [];
    const found = this.#single(name, after === undefined ? whole : this.#read().named(name));
    const distance = Number(after ?? 0);
    if (found.size > 0 && distance >= found.size) {
      throw new RangeError(
        `Cannot find "${target}" of "${this.#path}": the function has ${found.size} bytes only`,
      );
    }
    return found.offset + distance;
  }

  #single(name: string, all: readonly UserFunction[]): UserFunction & { readonly offset: number } {
    const here = all.filter(isHere);
    const strong = here.filter(({ weak }) => !weak);
    const [found, ...others] = strong.length > 0 ? strong : here;
    if (!found) throw this.#notFound(name, all);
    if (found.chooser) {
      throw this.#missing(
        name,
        "it only chooses, when a program starts, which function is called in its place (IFUNC): attach to that one",
      );
    }
    const offsets = new Set([found, ...others].map(({ offset }) => `0x${offset.toString(16)}`));
    if (offsets.size === 1) return found;
    throw this.#missing(
      name,
      `there are ${offsets.size} of that name: give an offset: ${[...offsets].join(", ")}`,
    );
  }

  #notFound(name: string, all: readonly UserFunction[]): NotFoundError {
    if (all.length > 0) {
      return this.#missing(name, 'the file calls it in a library: attach to that one, such as "libc"');
    }
    const names = [...this.#read().functions()].filter(isHere).map((one) => one.name);
    if (names.length === 0) {
      return this.#missing(
        name,
        "the file has no symbols, it is stripped: give the function's offset in the file",
      );
    }
    return this.#missing(name, `the file has no such function${closest(name, names)}`);
  }

  #missing(name: string, state: string): NotFoundError {
    return new NotFoundError(`Cannot find function "${name}" of "${this.#path}": ${state}`);
  }

  #read(): UserElf {
    return this.#elf ??= new UserElf(this.#path);
  }
}

function isHere(one: UserFunction): one is UserFunction & { readonly offset: number } {
  return one.offset !== undefined;
}
