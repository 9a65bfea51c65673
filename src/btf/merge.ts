import { mapReferences } from "./_references.ts";
import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./build.ts";
import { dedupBtf } from "./dedup.ts";

/** What {@linkcode mergeBtf} gives. */
export interface MergeResult {
  /** The types of all inputs, every one once. */
  readonly btf: Btf;
  /** For each input, and each of its ids as index, the id in {@linkcode MergeResult.btf}. */
  readonly ids: readonly Uint32Array[];
}

/**
 * Merges the BTF of several objects, as a linker does.
 *
 * Sections of the same name stay apart: how they come together is up to who lays out the data. The byte order is that
 * of the first input.
 *
 * @throws {BtfError} A record is malformed.
 * @throws {TypeError} An input is split BTF.
 *
 * @example
 * ```ts
 * import { type Btf, mergeBtf } from "@waggle/ebpf/btf";
 *
 * declare const first: Btf;
 * declare const second: Btf;
 * const { btf, ids } = mergeBtf([first, second]);
 * const sixOfSecond = btf.type(ids[1]?.[6] ?? 0);
 * ```
 */
export function mergeBtf(inputs: readonly Btf[]): MergeResult {
  const builder = new BtfBuilder();
  const shifts = inputs.map((btf) => {
    if (btf.base !== undefined) throw new TypeError("Cannot merge split BTF: its base is a part of it");
    const shift = builder.count - 1;
    for (const type of btf.types()) {
      if (type.kind !== "void") builder.add(mapReferences(type, (id) => id === 0 ? 0 : id + shift));
    }
    return shift;
  });
  const { btf, ids } = dedupBtf(builder.build({ byteOrder: inputs[0]?.byteOrder ?? "little" }));
  return {
    btf,
    ids: inputs.map(({ count }, i) => {
      const shift = shifts[i] ?? 0;
      return Uint32Array.from({ length: count }, (_, id) => id === 0 ? 0 : ids[id + shift] ?? 0);
    }),
  };
}
