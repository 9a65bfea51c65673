import type { Btf, BtfFunction, BtfVariable } from "../btf/core.ts";
import { type Input, refusal } from "./input.ts";

/** What the types of an input say about a symbol that others can refer to. */
export interface Declaration {
  readonly input: Input;
  /** Of the input. */
  readonly btf: Btf;
  readonly type: BtfVariable | BtfFunction;
  /** The name of its section in the BTF, where it is in one. */
  readonly section: string | undefined;
}

/**
 * Where clang puts variables that are declared without a section. There is none of that name in the file: the linker is
 * to find them.
 */
export const EXTERN_SECTION = ".extern";

/** The declarations of an input, by name. */
export class Declarations {
  readonly #input: Input;
  readonly #types: Map<string, (BtfVariable | BtfFunction)[]> = new Map();
  /** The names of sections, by the ids of what is in them. */
  readonly #sections: Map<number, string> = new Map();

  constructor(input: Input) {
    this.#input = input;
    for (const type of input.btf?.types() ?? []) {
      if (type.kind === "section") {
        for (const { typeId } of type.entries) this.#sections.set(typeId, type.name);
      } else if ((type.kind === "variable" || type.kind === "function") && type.linkage !== "static") {
        const sameName = this.#types.get(type.name);
        if (sameName === undefined) this.#types.set(type.name, [type]);
        else sameName.push(type);
      }
    }
  }

  /**
   * The declaration of a symbol (`find_glob_sym_btf` of `linker.c`).
   *
   * @throws {ElfError} There is none, or more than one.
   */
  find(name: string): Declaration {
    const { file, btf } = this.#input;
    const types = this.#types.get(name) ?? [];
    const type = types.find(({ id }) => this.#sections.has(id)) ?? types.at(-1);
    if (btf === undefined || type === undefined) {
      throw refusal(file, `"${name}" has no type: compile with -g`);
    }
    const section = this.#sections.get(type.id);
    if (section !== undefined && types.length > 1) throw refusal(file, `"${name}" has several types`);
    return { input: this.#input, btf, type, section };
  }
}
