/**
 * Arrays of programs.
 *
 * @module
 */
import { openObject } from "../kernel/mod.ts";
import { Program, programTypeName } from "../program/mod.ts";
import { descriptorInfo } from "../sys/mod.ts";
import type { MapHandle } from "./handle.ts";
import { indexKey } from "./index_key.ts";
import type { MapKind } from "./kind.ts";
import { ObjectMap } from "./object_map.ts";

/**
 * Programs that others go on with by `bpf_tail_call()`. The first program that uses it or is put in decides of which type
 * all are. It is emptied when neither a process nor a pin holds it any more, whatever programs still use it.
 */
export class ProgramArray extends ObjectMap<number, Program> {
  /** The number of places. */
  readonly length: number;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle) {
    super(handle, indexKey(handle));
    this.length = handle.facts.maxEntries;
  }

  /** Opens a program. */
  protected override openObject(id: number): Program {
    const descriptor = openObject("PROG", { id });
    return new Program(descriptor, `program ${id}`);
  }

  /** What `__bpf_prog_map_compatible()` compares. */
  protected override refusal({ name, info }: Program): string {
    const head = `program "${name}" is of type ${programTypeName(info.type)}`;
    const [, owner] = /^owner_prog_type:\s*(\d+)/m.exec(descriptorInfo(this.descriptor)) ?? [];
    const wanted = owner === undefined ? info.type : Number(owner);
    if (wanted !== info.type) return `${head}, the array of type ${programTypeName(wanted)}`;
    return `${head} as the array, but attaches otherwise, or differs in multi-buffer support or in cgroup storage`;
  }
}

/** Arrays of programs (`BPF_MAP_TYPE_PROG_ARRAY`). Since Linux 4.2. */
export function programArray(): MapKind<ProgramArray> {
  return {
    types: ["prog_array"],
    keySize: 4,
    valueSize: 4,
    open: (handle) => new ProgramArray(handle),
  };
}
