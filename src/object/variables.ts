/**
 * Global variables of a loaded object.
 *
 * @module
 */
import { btfCodec, type BtfValue, layoutDifference } from "../btf/core.ts";
import type { Codec } from "../codec/mod.ts";
import { LayoutError, NotSupportedError } from "../errors.ts";
import { ArenaMemory, type BpfMap } from "../map/mod.ts";
import type { MapSpec, ObjectSpec, VariableSpec } from "../spec/mod.ts";
import { Mapping, pageSize } from "../sys/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";

/**
 * A global variable of the C source, shared with the running programs through memory: neither side makes a system call.
 *
 * @typeParam T What it is in TypeScript.
 */
export class Variable<T> {
  /** The name in the source. */
  readonly name: string;
  readonly #codec: Codec<T>;
  readonly #memory: () => SectionMemory;
  readonly #offset: number;

  /** A variable at an offset, in bytes, of memory that is mapped on first use. */
  constructor(name: string, codec: Codec<T>, memory: () => SectionMemory, offset: number) {
    this.name = name;
    this.#codec = codec;
    this.#memory = memory;
    this.#offset = offset;
  }

  /** The value now. */
  get(): T {
    return this.#codec.read(this.#memory().view, this.#offset);
  }

  /**
   * Sets the value, for programs to see at once. Values of more than 8 bytes may be seen half written.
   *
   * @throws {TypeError} The variable is constant: it is set by the options of {@linkcode load}.
   */
  set(value: T): void {
    const memory = this.#memory();
    if (!memory.writable) {
      throw new TypeError(
        `Cannot set variable "${this.name}": it is constant once loaded: give it in the options of load()`,
      );
    }
    this.#codec.write(memory.view, this.#offset, value);
  }
}

/** The section of variables in an arena, whatever the arena's name. */
const ARENA_SECTION = ".addr_space.1";

/** The section whose variables a map holds. */
export function sectionOf({ name, arenaData }: MapSpec): string {
  return arenaData ? ARENA_SECTION : name;
}

/** The one value of a data section's map, or the pages of an arena, mapped. */
export class SectionMemory implements Disposable {
  readonly #mapping: Mapping | ArenaMemory;
  /** Whether the process may write. */
  readonly writable: boolean;

  /** Maps a map that was made of this specification. */
  constructor({ name, descriptor, info }: BpfMap, { arenaData }: MapSpec) {
    if ((info.flags & BPF_MAP_FLAG.MMAPABLE) === 0) {
      throw new NotSupportedError(
        `Cannot map the variables of "${name}": the object has no types for them: compile with -g`,
      );
    }
    this.writable = (info.flags & BPF_MAP_FLAG.RDONLY_PROG) === 0;
    const length = Math.ceil(info.valueSize / pageSize()) * pageSize();
    this.#mapping = arenaData
      ? new ArenaMemory(descriptor, info)
      : new Mapping(descriptor, { length, writable: this.writable });
  }

  /** The memory, up to the end of its last page. */
  get view(): DataView {
    return new DataView(this.#mapping.buffer);
  }

  /** Unmaps the memory. */
  [Symbol.dispose](): void {
    this.#mapping[Symbol.dispose]();
  }
}

/** The codec of a variable, by its type in the object. */
export function variableCodec(variable: VariableSpec, object: ObjectSpec): Codec<BtfValue> {
  const { name, typeId } = variable;
  if (object.btf && typeId !== 0) return checkedCodec(variable, object, btfCodec(object.btf, typeId));
  throw new LayoutError(
    `Cannot use variable "${name}": the object has no type for it: give a codec, or its bytes to load()`,
  );
}

/** The codec, where it has the layout of the variable. */
export function checkedCodec<T>(
  { name, size, typeId }: VariableSpec,
  { btf }: ObjectSpec,
  codec: Codec<T>,
): Codec<T> {
  const difference = btf && typeId !== 0
    ? layoutDifference(codec, btf, typeId)
    : codec.size === size
    ? undefined
    : `it has ${size} bytes, ${codec.type} has ${codec.size}`;
  if (difference === undefined) return codec;
  throw new LayoutError(`Cannot use variable "${name}": ${difference}`);
}
