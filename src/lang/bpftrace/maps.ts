/**
 * Maps: what their keys are and what they hold, as all probes together tell.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import { isAggregation, isSameKind, type MapValue, typeText, unite, type ValueType } from "./types.ts";

/** What is known of a map. */
export interface MapShape {
  /** None where it has no key. */
  readonly key: readonly ValueType[];
  readonly value: MapValue;
}

/** The maps of a script, which more is learned of with each pass over it. */
export class MapTable {
  readonly #keys = new Map<string, readonly ValueType[]>();
  readonly #values = new Map<string, MapValue>();
  #changed = false;

  /** Whether something was learned since this was asked for the last time. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** The parts of its key, where these are known. */
  key(name: string): readonly ValueType[] | undefined {
    return this.#keys.get(name);
  }

  /** What it holds, where that is known. */
  value(name: string): MapValue | undefined {
    return this.#values.get(name);
  }

  /** All of which it is known what they hold, in the order in which they were first seen. */
  *shapes(): Generator<[name: string, shape: MapShape]> {
    for (const [name, value] of this.#values) yield [name, { key: this.#keys.get(name) ?? [], value }];
  }

  /** Notes the key that it is used with. */
  useKey(name: string, key: readonly ValueType[], place: Place): readonly ValueType[] {
    if (key.some(({ kind }) => kind === "none")) return this.#keys.get(name) ?? key;
    const known = this.#keys.get(name);
    if (!known) {
      this.#keys.set(name, key);
      this.#changed = true;
      return key;
    }
    if (known.length !== key.length || !known.every((part, i) => isSameKind(part, key[i] as ValueType))) {
      throw new Fault(
        place,
        `${name} is used with the key ${keyText(key)}, and elsewhere with ${keyText(known)}`,
      );
    }
    const united = known.map((part, i) => unite(part, key[i] as ValueType));
    if (united.some((part, i) => part !== known[i])) this.#changed = true;
    this.#keys.set(name, united);
    return united;
  }

  /** Notes what is put into it. */
  useValue(name: string, value: MapValue, place: Place): MapValue {
    const known = this.#values.get(name);
    if (value.kind === "none") return known ?? value;
    if (!known) {
      this.#values.set(name, value);
      this.#changed = true;
      return value;
    }
    if (isAggregation(known) !== isAggregation(value) || !isSameKind(known, value)) {
      throw new Fault(place, `${name} holds ${typeText(known)}, and this is ${typeText(value)}`);
    }
    if (isAggregation(known) || isAggregation(value)) return known;
    const united = unite(known, value);
    if (united !== known) {
      this.#values.set(name, united);
      this.#changed = true;
    }
    return united;
  }
}

function keyText(key: readonly ValueType[]): string {
  return key.length === 0 ? "none" : `[${key.map(typeText).join(", ")}]`;
}
