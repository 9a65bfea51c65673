import { CWriter } from "./_c_writer.ts";
import { forEachReference } from "./_references.ts";
import type { Btf } from "./btf.ts";

/**
 * Writes types as C, in an order that compilers take, with the layout they have in the BTF.
 *
 * What a type has in it comes before it; structs and unions that it only points to are declared. Where the layout is not
 * the one that a compiler would choose there are unnamed bitfields and attributes (`packed`, `aligned`); gaps of a
 * kilobyte and more become an array `__gap_…`. Of several types with one name all but the first get an ending as `___2`.
 * Without `ids` all own types are written, functions and variables left out.
 *
 * For CO-RE put `#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)` before it.
 *
 * @param ids The types to write; of functions and variables there are declarations.
 * @throws {BtfError} A type cannot be had in C, as one that has itself in it, or a record is malformed.
 *
 * @example The types of an object as a header
 * ```ts
 * import { formatC, parseBtf } from "@waggle/ebpf/btf";
 *
 * declare const bytes: Uint8Array;
 * const header = formatC(parseBtf(bytes));
 * ```
 */
export function formatC(btf: Btf, ids: Iterable<number> = definitionsOf(btf)): string {
  const writer = new CWriter(btf);
  for (const id of ids) writer.define(id);
  return writer.text;
}

/** All that has a name in C, and the anonymous enums that are no part of something. */
function* definitionsOf(btf: Btf): Generator<number, void, undefined> {
  const mentioned = new Uint8Array(btf.count);
  for (const type of btf.types()) forEachReference(type, (id) => mentioned[id] = 1);
  for (let id = btf.firstId; id < btf.count; id++) {
    switch (btf.kindOf(id)) {
      case "struct":
      case "union":
      case "typedef":
      case "forward":
        if (btf.nameOf(id) !== "") yield id;
        break;
      case "enum":
        if (btf.nameOf(id) !== "" || mentioned[id] === 0) yield id;
        break;
    }
  }
}
