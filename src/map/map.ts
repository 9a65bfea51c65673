/**
 * What all maps have in common: identity and description.
 *
 * @module
 */
import { type Descriptor, objInfo } from "../sys/mod.ts";
import { MAP_INFO } from "../uapi/mod.ts";

/** What the kernel knows about a map (`struct bpf_map_info`). */
export interface MapInfo {
  /** The number that the kernel gave it. */
  readonly id: number;
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** At most 15 bytes. */
  readonly name: string;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes; of one CPU's value in per-CPU maps. */
  readonly valueSize: number;
  /** How many elements fit. */
  readonly maxEntries: number;
  /** `BPF_F_…`. */
  readonly flags: number;
}

/** A map of any type. */
export class BpfMap implements Disposable {
  /** The name in messages: the one in the source, or the kernel's. */
  readonly name: string;
  readonly #descriptor: Descriptor;
  #info: MapInfo | undefined;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, name: string) {
    this.name = name;
    this.#descriptor = descriptor;
  }

  /** The descriptor, for system calls. */
  get descriptor(): Descriptor {
    return this.#descriptor;
  }

  /** What the kernel knows about the map; read once, as none of it changes. */
  get info(): MapInfo {
    return this.#info ??= readInfo(this.#descriptor);
  }

  /** Closes the map. The kernel keeps it for as long as a program, a pin or another descriptor uses it. */
  close(): void {
    this.#descriptor.close();
  }

  /** Closes the map. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function readInfo(descriptor: Descriptor): MapInfo {
  const info = objInfo(descriptor, MAP_INFO, {});
  return {
    id: info.get("id"),
    type: info.get("type"),
    name: info.text("name"),
    keySize: info.get("key_size"),
    valueSize: info.get("value_size"),
    maxEntries: info.get("max_entries"),
    flags: info.get("map_flags"),
  };
}
