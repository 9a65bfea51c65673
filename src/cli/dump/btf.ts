import { type Btf, formatC, parseBtf } from "../../btf/mod.ts";
import { elfSection } from "../../elf/mod.ts";
import { NotFoundError } from "../../errors.ts";
import { btfOfId, closest, kernelBtf } from "../../kernel/mod.ts";
import { readFile } from "../../sys/mod.ts";
import type { Wanted } from "./dump.ts";

/** Types as C. */
export function* dumpBtf({ what, names, json }: Wanted): Generator<string | object, void, void> {
  const btf = what === "vmlinux" ? kernelBtf() : /^\d+$/.test(what) ? btfOfId(Number(what)) : ofFile(what);
  const ids = names.flatMap((name) => idsOf(btf, name));
  if (!json) {
    yield formatC(btf, ...names.length > 0 ? [ids] : []).trimEnd();
    return;
  }
  for (const type of names.length > 0 ? ids.map((id) => btf.type(id)) : btf.types()) yield type;
}

function ofFile(path: string): Btf {
  const bytes = readFile(path);
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45;
  if (!isElf) {
    return parseBtf(bytes, /^\/sys\/kernel\/btf\/(?!vmlinux$)/.test(path) ? { base: kernelBtf() } : {});
  }
  const section = elfSection(bytes, ".BTF");
  if (section) return parseBtf(section);
  throw new NotFoundError(`Cannot read the types of "${path}": it has no section .BTF: compile with -g`);
}

function idsOf(btf: Btf, name: string): number[] {
  const kinds = ["struct", "union", "enum", "typedef", "function", "variable"];
  const ids = btf.idsNamed(name).filter((id) => kinds.includes(btf.kindOf(id)));
  if (ids.length > 0) return [...ids];
  const all = function* () {
    for (let id = 1; id < btf.count; id++) if (kinds.includes(btf.kindOf(id))) yield btf.nameOf(id);
  };
  throw new NotFoundError(`Cannot find type "${name}": there is none of that name${closest(name, all())}`);
}
