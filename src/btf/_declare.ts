import type { Btf } from "./btf.ts";
import type { BtfType } from "./types.ts";

/** How the parts of a declaration are written that do not follow from C's grammar. */
export interface DeclareOptions {
  /** The text of a type that is not made of others by declarators: an int, a struct, a typedef. */
  readonly write: (type: BtfType) => string;
  /** Asked before each type is gone through; the rest is `…` once it gives false. */
  readonly spend: () => boolean;
  /** The text of a type tag; left out unless given. */
  readonly writeTag?: (type: BtfType) => string;
}

interface About {
  readonly qualifiers: string;
  readonly tags: string;
}

const NOTHING: About = { qualifiers: "", tags: "" };

/**
 * The declaration of something of a type, as C writes it: `int (*name)[3]`. The name may be empty.
 *
 * @param inner The part of the declarator that is already there; the name to begin with.
 * @param about What is said about the type: its qualifiers, and its tags, which only stand after a type.
 */
export function declare(
  btf: Btf,
  id: number,
  inner: string,
  options: DeclareOptions,
  about: About = NOTHING,
): string {
  if (!options.spend()) return join("…", inner);
  const type = btf.type(id);
  switch (type.kind) {
    case "pointer":
      return declare(btf, type.typeId, `*${join(join(about.qualifiers, about.tags), inner)}`, options);
    case "array":
      // C has no qualified arrays, only arrays of qualified elements
      return declare(btf, type.typeId, `${parenthesize(inner)}[${type.length}]`, options, about);
    case "prototype": {
      // Nor are there qualified functions
      const parameters = type.parameters.map((parameter, i) =>
        parameter.typeId === 0 && i > 0 ? "..." : declare(btf, parameter.typeId, "", options)
      );
      const list = parameters.length === 0 ? "void" : parameters.join(", ");
      return declare(btf, type.returnTypeId, `${parenthesize(inner)}(${list})`, options);
    }
    case "const":
    case "volatile":
    case "restrict": {
      const known = about.qualifiers.split(" ").includes(type.kind);
      const qualifiers = known ? about.qualifiers : join(about.qualifiers, type.kind);
      return declare(btf, type.typeId, inner, options, { ...about, qualifiers });
    }
    case "typeTag": {
      const tags = join(about.tags, options.writeTag?.(type) ?? "");
      return declare(btf, type.typeId, inner, options, { ...about, tags });
    }
    default:
      return join(join(about.qualifiers, join(options.write(type), about.tags)), inner);
  }
}

/** In C `[]` and `()` bind tighter than `*`. */
function parenthesize(inner: string): string {
  return inner.startsWith("*") ? `(${inner})` : inner;
}

/** Two words with a space between them where it takes one. */
function join(left: string, right: string): string {
  return left === "" || right === "" || right.startsWith("[") ? left + right : `${left} ${right}`;
}
