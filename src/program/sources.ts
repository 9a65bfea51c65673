/**
 * Where the functions and source lines of a program begin, as the kernel keeps it.
 *
 * @module
 */
import type { SourceLine } from "../asm/core.ts";
import type { Btf } from "../btf/core.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { SyscallError } from "../errors.ts";
import { btfOfId } from "../kernel/mod.ts";
import { allocate, type Descriptor, objInfo } from "../sys/mod.ts";
import { PROG_INFO } from "../uapi/mod.ts";
import type { ProgramFacts } from "./info.ts";

/** What starts at which slot of the translated program. */
export interface ProgramSources {
  /** In the order of their slots, which is that of the kernel's numbers for them. */
  readonly functions: ReadonlyMap<number, { readonly name: string; readonly typeId: number }>;
  /** Lines of source. */
  readonly lines: ReadonlyMap<number, SourceLine>;
}

/** Reads both; empty where the program has no BTF, or the process may not open it. */
export function programSources(descriptor: Descriptor, facts: ProgramFacts): ProgramSources {
  const btf = btfOf(facts.get("btf_id"));
  if (!btf) return { functions: new Map(), lines: new Map() };
  const [functionSize, functionCount] = [facts.get("func_info_rec_size"), facts.get("nr_func_info")];
  const [lineSize, lineCount] = [facts.get("line_info_rec_size"), facts.get("nr_line_info")];
  const functions = allocate(functionSize * functionCount);
  const lines = allocate(lineSize * lineCount);
  objInfo(descriptor, PROG_INFO, {
    ...(functionCount > 0 &&
      { nr_func_info: functionCount, func_info_rec_size: functionSize, func_info: functions }),
    ...(lineCount > 0 && { nr_line_info: lineCount, line_info_rec_size: lineSize, line_info: lines }),
  });
  return {
    functions: new Map(records(functions, functionSize, ([slot = 0, typeId = 0]) => {
      return [slot, { name: btf.nameOf(typeId), typeId }];
    })),
    lines: new Map(records(lines, lineSize, ([slot = 0, file = 0, text = 0, position = 0]) => {
      return [slot, lineOf(btf, file, text, position)];
    })),
  };
}

function btfOf(id: number): Btf | undefined {
  if (id === 0) return undefined;
  try {
    return btfOfId(id);
  } catch (error) {
    if (error instanceof SyscallError) return undefined; // ids are for CAP_SYS_ADMIN
    throw error;
  }
}

/** `struct bpf_line_info`: the line in the upper 22 bits of the last word, the column in the lower 10. */
function lineOf(btf: Btf, fileOffset: number, textOffset: number, position: number): SourceLine {
  return {
    file: btf.stringAt(fileOffset),
    text: btf.stringAt(textOffset),
    line: position >>> 10,
    column: position & 0x3ff,
  };
}

/** The words of each record. */
function records<T>(bytes: Uint8Array, size: number, read: (words: number[]) => T): T[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: T[] = [];
  for (let at = 0; size > 0 && at + size <= bytes.length; at += size) {
    found.push(
      read(Array.from({ length: size / 4 }, (_, word) => view.getUint32(at + word * 4, LITTLE_ENDIAN))),
    );
  }
  return found;
}
