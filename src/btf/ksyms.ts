import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./build.ts";
import { intType } from "./int_type.ts";
import type { BtfFunction, BtfPrototype, BtfSection, BtfSectionEntry, BtfType } from "./types.ts";

/** What the kernel takes as a variable in place of each of its own symbols, in bytes. */
const PLACE_SIZE = 4;
const PLACEHOLDER = "dummy_ksym";

/**
 * Makes `.ksyms`, the section of what an object expects from the kernel, one that the kernel takes.
 *
 * Compilers give it no size, and put functions into it beside variables. As libbpf does, every entry becomes an `int`
 * that is there, one after the other; functions become global ones whose parameters have names. All ids stay;
 * types are only added after the last one. Returns the same BTF where there is no such section. It is for the kernel
 * alone: the loader goes on with the original, which knows the types that are expected.
 *
 * @throws {BtfError} A record is malformed.
 */
export function placeKsyms(btf: Btf): Btf {
  const section = btf.find(".ksyms", "section");
  if (section === undefined) return btf;
  const changes = new Map<number, Exclude<BtfType, { kind: "void" }>>();
  const found = findInt(btf);
  const int = found ?? btf.count;
  const placeholder = found === undefined ? btf.count + 1 : btf.count;
  const entries: BtfSectionEntry[] = [];
  for (const { typeId } of section.entries) {
    const type = btf.type(typeId);
    if (type.kind === "variable") changes.set(typeId, { ...type, linkage: "global", typeId: int });
    if (type.kind === "function") changeFunction(btf, type, changes);
    entries.push({
      typeId: type.kind === "function" ? placeholder : typeId,
      offset: entries.length * PLACE_SIZE,
      size: PLACE_SIZE,
    });
  }
  const placed: BtfSection = { ...section, size: entries.length * PLACE_SIZE, entries };
  changes.set(section.id, placed);

  const builder = new BtfBuilder({ stringsOf: btf, ...(btf.base && { base: btf.base }) });
  for (const type of btf.types()) {
    if (type.kind !== "void") builder.add(changes.get(type.id) ?? type);
  }
  if (found === undefined) builder.add(intType());
  if (entries.some(({ typeId }) => typeId === placeholder)) {
    builder.add({ kind: "variable", name: PLACEHOLDER, typeId: int, linkage: "global" });
  }
  return builder.build({ byteOrder: btf.byteOrder });
}

function changeFunction(
  btf: Btf,
  type: BtfFunction,
  changes: Map<number, Exclude<BtfType, { kind: "void" }>>,
): void {
  changes.set(type.id, { ...type, linkage: "global" });
  const prototype = btf.type(type.typeId);
  if (prototype.kind === "prototype") changes.set(prototype.id, withNames(prototype));
}

/** The kernel refuses functions whose parameters have no names; the end of variable ones has neither name nor type. */
function withNames(prototype: BtfPrototype): BtfPrototype {
  const parameters = prototype.parameters.map((parameter) =>
    parameter.typeId !== 0 && parameter.name === "" ? { ...parameter, name: PLACEHOLDER } : parameter
  );
  return { ...prototype, parameters };
}

/** An integer of 4 bytes, whatever its name. */
function findInt(btf: Btf): number | undefined {
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== "int") continue;
    const type = btf.type(id);
    if (type.kind === "int" && type.size === 4 && type.bits === 32 && type.bitOffset === 0) return id;
  }
  return undefined;
}
