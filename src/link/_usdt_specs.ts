/**
 * What programs look up to find the arguments of the probe that they run for: the maps of libbpf's `usdt.bpf.h`.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { LayoutError, MapFullError, SyscallError } from "../errors.ts";
import { checked, type Descriptor, ERRNO, MapElement, objInfo } from "../sys/mod.ts";
import { BPF_MAP_TYPE, MAP_INFO } from "../uapi/mod.ts";
import { type SpecLayout, specLayout } from "./_usdt_layout.ts";

/** A map of an object with `usdt.bpf.h`. */
export interface UsdtMap {
  /** In messages. */
  readonly name: string;
  /** The descriptor of the map. */
  readonly descriptor: Descriptor;
}

/** Which elements of a map are in use, by the map's id: other maps of this process may stand for the same one. */
const taken = new Map<number, { readonly ids: Set<number>; next: number }>();

/** The map of what arguments a probe has, `__bpf_usdt_specs`. */
export class UsdtSpecs {
  /** How values of the map are laid out. */
  readonly layout: SpecLayout;
  readonly #map: UsdtMap;
  readonly #id: number;
  readonly #capacity: number;

  /**
   * @throws {LayoutError} It is another map.
   */
  constructor(map: UsdtMap) {
    const info = objInfo(map.descriptor, MAP_INFO, {});
    const isArray = info.get("type") === BPF_MAP_TYPE.ARRAY;
    const layout = isArray
      ? specLayout({
        valueSize: info.get("value_size"),
        btfId: info.get("btf_id"),
        valueTypeId: info.get("btf_value_type_id"),
      })
      : "it is no array";
    if (typeof layout === "string") {
      throw new LayoutError(
        `Cannot use map "${map.name}" for the arguments of USDT probes: ${layout}: take "__bpf_usdt_specs" of an ` +
          "object that includes bpf/usdt.bpf.h",
      );
    }
    this.layout = layout;
    this.#map = map;
    this.#id = info.get("id");
    this.#capacity = info.get("max_entries");
  }

  /**
   * Puts a value into a free element. Returns its number, which is in use until it is given back.
   *
   * @throws {MapFullError} There is none.
   */
  add(value: Uint8Array): number {
    const state = taken.get(this.#id) ?? { ids: new Set<number>(), next: 0 };
    if (state.ids.size >= this.#capacity) {
      throw new MapFullError(
        `Cannot attach to a USDT probe: map "${this.#map.name}" has all its ${this.#capacity} elements in use: ` +
          "compile with a larger BPF_USDT_MAX_SPEC_CNT",
      );
    }
    // Not the last one given back: a program may still run for the link that had it
    let id = state.next;
    while (state.ids.has(id)) id = (id + 1) % this.#capacity;
    const element = new MapElement(this.#map.descriptor, 4, value.length);
    element.key.setUint32(0, id, LITTLE_ENDIAN);
    new Uint8Array(element.value.buffer).set(value);
    checked(element.update(), "bpf(MAP_UPDATE_ELEM)", `set element ${id} of map "${this.#map.name}"`);
    state.ids.add(id);
    state.next = (id + 1) % this.#capacity;
    taken.set(this.#id, state);
    return id;
  }

  /** Gives an element back. */
  free(id: number): void {
    const state = taken.get(this.#id);
    state?.ids.delete(id);
    if (state?.ids.size === 0) taken.delete(this.#id);
  }
}

/** The map from addresses of probes to their elements, `__bpf_usdt_ip_to_spec_id`, for kernels without cookies. */
export class UsdtAddresses {
  readonly #map: UsdtMap;
  readonly #element: MapElement;

  /** Of this map. */
  constructor(map: UsdtMap) {
    this.#map = map;
    this.#element = new MapElement(map.descriptor, 8, 4);
  }

  /**
   * Says which element the probe at an address has.
   *
   * @throws {SyscallError} It has one already, or the map is full.
   */
  set(address: bigint, id: number): void {
    const { key, value } = this.#element;
    key.setBigUint64(0, address, LITTLE_ENDIAN);
    value.setUint32(0, id, LITTLE_ENDIAN);
    const result = this.#element.update(NO_EXIST);
    const action = `set address 0x${address.toString(16)} in map "${this.#map.name}"`;
    try {
      checked(result, "bpf(MAP_UPDATE_ELEM)", action);
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      if (cause.errno === ERRNO.EEXIST) {
        throw new SyscallError(
          `Cannot ${action}: a program of the object is attached to that probe: before Linux 5.15 one can be`,
          cause,
        );
      }
      if (cause.errno !== ERRNO.E2BIG) throw cause;
      throw new MapFullError(`Cannot ${action}: it is full: compile with a larger BPF_USDT_MAX_IP_CNT`, {
        cause,
      });
    }
  }

  /** Removes an address. */
  delete(address: bigint): void {
    this.#element.key.setBigUint64(0, address, LITTLE_ENDIAN);
    this.#element.delete();
  }
}

/** `BPF_NOEXIST` of `include/uapi/linux/bpf.h`. */
const NO_EXIST = 1n;
