import { describeBtf, listObjects } from "../../kernel/mod.ts";
import { listMaps } from "../../map/mod.ts";
import { listPrograms } from "../../program/mod.ts";
import { objInfo } from "../../sys/mod.ts";
import { BTF_INFO } from "../../uapi/mod.ts";
import { type Held, held, HELD_COLUMNS, heldMembers, type Listing } from "./listing.ts";

interface BtfInfo {
  readonly id: number;
  readonly kernel: boolean;
  readonly name: string;
  readonly size: number;
  /** Of the programs that have their types there. */
  readonly programIds: readonly number[];
  readonly mapIds: readonly number[];
}

/** The BTF that the kernel has: its own, its modules' and that of objects. */
export const btf: Listing<BtfInfo & Held> = {
  columns: [
    { header: "ID", value: ({ id }) => id },
    { header: "NAME", value: ({ name, kernel }) => kernel ? `[${name}]` : name },
    { header: "SIZE", value: ({ size }) => size },
    { header: "PROGRAMS", value: ({ programIds }) => programIds.join(",") },
    { header: "MAPS", value: ({ mapIds }) => mapIds.join(",") },
    ...HELD_COLUMNS,
  ],
  rows() {
    const [programs, maps] = [listPrograms(), listMaps()];
    const all = listObjects(
      "BTF",
      (object) => ({ id: objInfo(object, BTF_INFO, {}).get("id"), ...describeBtf(object) }),
    );
    const of = (users: readonly { readonly id: number; readonly btfId: number }[], id: number) =>
      users.filter(({ btfId }) => btfId === id).map((user) => user.id);
    return held(
      "BTF",
      all.map((info) => ({ ...info, programIds: of(programs, info.id), mapIds: of(maps, info.id) })),
    );
  },
  record: ({ id, size, kernel, name, programIds, mapIds, ...who }) => ({
    id,
    size,
    prog_ids: programIds,
    map_ids: mapIds,
    kernel,
    ...name !== "" && { name },
    ...heldMembers({ id, ...who }),
  }),
};
