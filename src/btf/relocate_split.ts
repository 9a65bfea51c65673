import { BtfError } from "../errors.ts";
import { mapReferences } from "./_references.ts";
import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./build.ts";
import type { BtfComposite, BtfType } from "./types.ts";

/**
 * Moves split BTF from a distilled base to a whole one, as libbpf's `btf__relocate` and the kernel do for modules.
 *
 * Modules built apart from their kernel have a section `.BTF.base` since Linux 6.11: the kernel's types that `.BTF`
 * refers to, without their members. They are looked for by name, and by size where a value of the module has one of
 * them in it or the name is there more than once. The own types stay in their order.
 *
 * @param split `.BTF`, parsed with `.BTF.base` as its base.
 * @param base The types of the kernel.
 * @throws {BtfError} A type of the distilled base is missing in the base or there several times, or a record is
 * malformed.
 * @throws {TypeError} The split BTF has no base of its own.
 *
 * @example
 * ```ts
 * import { type Btf, parseBtf, relocateSplit } from "@waggle/ebpf/btf";
 *
 * declare const kernel: Btf;
 * declare const sections: Readonly<Record<".BTF" | ".BTF.base", Uint8Array>>;
 * const split = parseBtf(sections[".BTF"], { base: parseBtf(sections[".BTF.base"]) });
 * const module = relocateSplit(split, kernel);
 * ```
 */
export function relocateSplit(split: Btf, base: Btf): Btf {
  const distilled = split.base;
  if (distilled === undefined) {
    throw new TypeError("Cannot relocate BTF: it has no base of its own: parse it with its distilled base");
  }
  const embedded = embeddedIn(split, distilled);
  const ids = new Uint32Array(distilled.count);
  for (const type of distilled.types()) ids[type.id] = findInBase(type, base, embedded.has(type.id));
  const shift = base.count - distilled.count;
  const builder = new BtfBuilder({ base });
  for (const type of split.types()) {
    if (type.kind === "void") continue;
    builder.add(mapReferences(type, (id) => id < distilled.count ? ids[id] ?? 0 : id + shift));
  }
  return builder.build({ byteOrder: split.byteOrder });
}

/** The structs and unions of the distilled base that are members of own ones, so that their size matters. */
function embeddedIn(split: Btf, distilled: Btf): Set<number> {
  const embedded = new Set<number>();
  const met = new Set<number>();
  for (const type of split.types()) {
    if (type.kind !== "struct" && type.kind !== "union") continue;
    for (const member of type.members) {
      let id: number | undefined = member.typeId;
      while (id !== undefined && !met.has(id)) {
        met.add(id);
        const next: BtfType = split.type(id);
        if (id < distilled.count && (next.kind === "struct" || next.kind === "union")) embedded.add(id);
        id = valueWithin(next);
      }
    }
  }
  return embedded;
}

/** What a value of a type consists of, as far as that is one type. */
function valueWithin(type: BtfType): number | undefined {
  switch (type.kind) {
    case "const":
    case "volatile":
    case "restrict":
    case "typedef":
    case "typeTag":
    case "array":
      return type.typeId;
    default:
      return undefined;
  }
}

function findInBase(type: BtfType, base: Btf, embedded: boolean): number {
  const sameName: BtfType[] = base.idsNamed(type.name).map((id) => base.type(id));
  const [found, ...others] = candidates(type, sameName, embedded);
  if (found !== undefined && others.length === 0) return found.id;
  const why = found === undefined
    ? `the base has no ${type.kind} like it`
    : `the base has ${others.length + 1} like it, types ${found.id} and ${others.map(({ id }) => id).join()}`;
  throw new BtfError(`Cannot relocate BTF type ${type.id} "${type.name}" of the distilled base: ${why}`);
}

function candidates(type: BtfType, sameName: readonly BtfType[], embedded: boolean): BtfType[] {
  switch (type.kind) {
    case "int":
      return sameName.filter((other) =>
        other.kind === "int" && other.size === type.size && other.bits === type.bits &&
        other.bitOffset === type.bitOffset && other.signed === type.signed && other.char === type.char &&
        other.bool === type.bool
      );
    case "float":
    case "enum":
      // A distilled base has enums of 64 bits as ordinary ones
      return sameName.filter((other) => other.kind === type.kind && other.size === type.size);
    case "forward": {
      const kind = type.union ? "union" : "struct";
      const defined = sameName.filter((other) => other.kind === kind);
      if (defined.length > 0) return defined;
      return sameName.filter((other) => other.kind === "forward" && other.union === type.union);
    }
    case "struct":
    case "union": {
      const composites = sameName.filter((other): other is BtfComposite => other.kind === type.kind);
      if (composites.length === 0 && !embedded) {
        return sameName.filter((other) =>
          other.kind === "forward" && other.union === (type.kind === "union")
        );
      }
      if (composites.length === 1 && !embedded) return composites;
      return composites.filter((other) => other.size === type.size);
    }
    default:
      throw new BtfError(
        `Cannot relocate BTF type ${type.id} "${type.name}": a distilled base has no ${type.kind}`,
      );
  }
}
