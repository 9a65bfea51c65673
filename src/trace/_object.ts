/**
 * Kernel functions as object files.
 *
 * @module
 */
import { CALL, PSEUDO } from "../asm/mod.ts";
import type { SpecialField } from "../btf/core.ts";
import { NotSupportedError } from "../errors.ts";
import { kernelBtf } from "../kernel/mod.ts";
import { encodeObject } from "../linker/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { FunctionSource, SourceOptions } from "./_source.ts";
import { Shared } from "./shared.ts";
import { TIMER } from "./timers.ts";

/** The object file of a function that is compiled in a given way, with the maps that it has now. */
export function objectOf(source: FunctionSource, options: SourceOptions): Uint8Array {
  const { section, program } = source.options;
  const refusal = (why: string) =>
    new NotSupportedError(`Cannot write an object file of "${program.name}": ${why}`);
  if (section === undefined) throw refusal("libbpf has no section for where it attaches");
  const compiled = source.compile({
    ...options,
    relocatable: true,
    symbol(name) {
      throw refusal(
        `it asks for the address of "${name}", which is another one each time that a kernel starts`,
      );
    },
  });
  const kfunc = compiled.instructions.find(({ opcode, src }) => opcode === CALL && src === PSEUDO.KFUNC_CALL);
  if (kfunc) {
    throw refusal(`it calls ${kernelBtf().nameOf(kfunc.imm)}(), which is found in this kernel alone`);
  }
  const maps = Object.entries(source.maps(compiled)).map(([name, map]) => {
    const { type, keySize, valueSize, maxEntries, flags } = map.info;
    const special = specialOf(source.options.shared[name]);
    return { name, type: mapType(type), keySize, valueSize, maxEntries, flags, special };
  });
  const fields = { btf: kernelBtf, paths: compiled.fields };
  const instructions = source.lined(compiled);
  return encodeObject({ name: program.name, section, license: "GPL", instructions, maps, fields });
}

/** What the values of a shared thing have that is the kernel's own. */
function specialOf(thing: unknown): SpecialField | undefined {
  if (!(thing instanceof Shared)) return undefined;
  const { spec } = thing;
  if (spec.kind === "timers") return TIMER;
  const lock = (spec.kind === "hash" || spec.kind === "array") && spec.value?.kind === "record"
    ? spec.value.lock
    : undefined;
  return lock === undefined ? undefined : { type: "bpf_spin_lock", offset: lock };
}

function mapType(name: string): number {
  return Object.entries(BPF_MAP_TYPE).find(([known]) => known.toLowerCase() === name)?.[1] ?? 0;
}
