import { listPrograms, type ProgramInfo } from "../../program/mod.ts";
import { type Held, held, HELD_COLUMNS, heldMembers, type Listing } from "./listing.ts";

/** The programs of the kernel. */
export const programs: Listing<ProgramInfo & Held> = {
  columns: [
    { header: "ID", value: ({ id }) => id },
    { header: "TYPE", value: ({ type }) => type },
    { header: "NAME", value: ({ name }) => name },
    { header: "TAG", value: ({ tag }) => tag },
    { header: "BYTES", value: ({ machineCodeSize, translatedSize }) => machineCodeSize || translatedSize },
    { header: "LOADED", value: ({ loadDate }) => loadDate.toISOString().slice(0, 19) },
    { header: "UID", value: ({ createdBy }) => createdBy },
    { header: "MAPS", value: ({ mapIds }) => mapIds.join(",") },
    ...HELD_COLUMNS,
  ],
  rows: () => held("PROG", listPrograms()),
  record: (program) => ({
    id: program.id,
    type: program.type,
    ...program.name !== "" && { name: program.name },
    tag: program.tag,
    gpl_compatible: program.gplCompatible,
    ...program.runCount > 0n && { run_time_ns: Number(program.runTime), run_cnt: Number(program.runCount) },
    ...program.recursionMisses > 0n && { recursion_misses: Number(program.recursionMisses) },
    loaded_at: Math.floor(program.loadDate.getTime() / 1000),
    uid: program.createdBy,
    bytes_xlated: program.translatedSize,
    jited: program.jited,
    ...program.machineCodeSize > 0 && { bytes_jited: program.machineCodeSize },
    bytes_memlock: program.memlock,
    ...program.mapIds.length > 0 && { map_ids: program.mapIds },
    ...program.btfId !== 0 && { btf_id: program.btfId },
    ...heldMembers(program),
  }),
};
