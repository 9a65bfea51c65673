import { listMaps, type MapInfo } from "../../map/mod.ts";
import { programTypeName } from "../../program/mod.ts";
import { type Held, held, HELD_COLUMNS, heldMembers, type Listing } from "./listing.ts";

/** The maps of the kernel. */
export const maps: Listing<MapInfo & Held> = {
  columns: [
    { header: "ID", value: ({ id }) => id },
    { header: "TYPE", value: ({ type }) => type },
    { header: "NAME", value: ({ name }) => name },
    { header: "KEY", value: ({ keySize }) => keySize },
    { header: "VALUE", value: ({ valueSize }) => valueSize },
    { header: "ENTRIES", value: ({ maxEntries }) => maxEntries },
    { header: "MEMORY", value: ({ memlock }) => memlock, unit: "bytes" },
    { header: "FLAGS", value: ({ flags, frozen }) => `0x${flags.toString(16)}${frozen ? " frozen" : ""}` },
    ...HELD_COLUMNS,
  ],
  rows: () => held("MAP", listMaps()),
  record: (map) => ({
    id: map.id,
    type: map.type,
    ...map.name !== "" && { name: map.name },
    flags: map.flags,
    bytes_key: map.keySize,
    bytes_value: map.valueSize,
    max_entries: map.maxEntries,
    bytes_memlock: map.memlock,
    ...map.owner && {
      owner_prog_type: programTypeName(map.owner.programType),
      owner_jited: map.owner.jited,
    },
    frozen: Number(map.frozen),
    ...map.btfId !== 0 && { btf_id: map.btfId },
    ...heldMembers(map),
  }),
};
