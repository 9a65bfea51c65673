import { lengthOfInfo, LINKAGES } from "./_records.ts";
import { Btf } from "./btf.ts";
import type { BtfFunction, BtfSection, BtfVariable } from "./types.ts";

/**
 * Makes a copy of BTF with some of its sections, variables and functions changed, over bytes of its own.
 *
 * Compilers leave the sizes of sections and the offsets of variables 0 and mark declarations `extern`; the kernel
 * refuses both, so that a loader fills in what the symbols of the object tell. Each change is the type as it is
 * to be, under its id. What stays as it is: kind, name, and the number of a section's entries. Entries
 * may come in any order and are written by ascending offset, as the kernel demands.
 *
 * @throws {TypeError} A change is about a type of another kind, or has another number of entries.
 * @throws {BtfError} A change is about a type that is not an own one.
 *
 * @example Give a section its size
 * ```ts
 * import { type Btf, patchBtf } from "@waggle/ebpf/btf";
 *
 * declare const btf: Btf;
 * const section = btf.find(".bss", "section");
 * if (section !== undefined) {
 *   const entries = section.entries.map((entry, i) => ({ ...entry, offset: i * 8 }));
 *   patchBtf(btf, [{ ...section, size: entries.length * 8, entries }]);
 * }
 * ```
 */
export function patchBtf(btf: Btf, changes: readonly (BtfSection | BtfVariable | BtfFunction)[]): Btf {
  const bytes = new Uint8Array(new ArrayBuffer(btf.bytes.length));
  bytes.set(btf.bytes);
  const view = new DataView(bytes.buffer);
  const littleEndian = btf.byteOrder === "little";
  for (const change of changes) {
    const present = btf.kindOf(change.id);
    if (present !== change.kind) {
      throw new TypeError(
        `Cannot patch BTF type ${change.id} "${change.name}": it is a ${present}, not a ${change.kind}`,
      );
    }
    const at = btf.recordOffset(change.id);
    if (change.kind === "section") patchSection(view, at, change, littleEndian);
    else patchLinkage(view, at, change, littleEndian);
  }
  return new Btf(bytes, btf.base);
}

function patchSection(view: DataView, at: number, section: BtfSection, littleEndian: boolean): void {
  const count = lengthOfInfo(view.getUint32(at + 4, littleEndian));
  if (section.entries.length !== count) {
    throw new TypeError(
      `Cannot patch BTF section "${section.name}": it has ${count} entries, not ${section.entries.length}`,
    );
  }
  view.setUint32(at + 8, section.size, littleEndian);
  let entryAt = at + 12;
  for (const entry of section.entries.toSorted((a, b) => a.offset - b.offset)) {
    view.setUint32(entryAt, entry.typeId, littleEndian);
    view.setUint32(entryAt + 4, entry.offset, littleEndian);
    view.setUint32(entryAt + 8, entry.size, littleEndian);
    entryAt += 12;
  }
}

/** A variable has its linkage in a word of its own, a function in the place of a length. */
function patchLinkage(
  view: DataView,
  at: number,
  change: BtfVariable | BtfFunction,
  littleEndian: boolean,
): void {
  const linkage = LINKAGES.indexOf(change.linkage);
  view.setUint32(at + 8, change.typeId, littleEndian);
  if (change.kind === "variable") {
    view.setUint32(at + 12, linkage, littleEndian);
  } else {
    const info = view.getUint32(at + 4, littleEndian);
    view.setUint32(at + 4, (info - lengthOfInfo(info)) | linkage, littleEndian);
  }
}
