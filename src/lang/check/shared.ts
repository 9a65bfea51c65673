/**
 * What functions share with the script: maps, by what is done with them.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Stored } from "../ir/tree.ts";
import {
  BOOL,
  layOut,
  type RecordType,
  sameType,
  type StoredType,
  typeText,
  U32,
  U64,
  VOID,
} from "../ir/type.ts";
import { method } from "./arguments.ts";
import { constantThing } from "./constants.ts";
import { constant, scalarOf, storedAs, storedTypeOf } from "./convert.ts";
import type { SharedSpec, SharedUse } from "./environment.ts";
import { namespaceOf } from "./members.ts";
import { type RecordThing, scalarThing, type Thing } from "./thing.ts";

/** How many bytes of a record come before its fields: the tag that tells records apart. */
export const TAG_SIZE = 4;

/** A shared thing while the function is checked: what it is, and what the function makes of it. */
export class Shared {
  readonly #name: string;
  readonly #spec: SharedSpec;
  #key: StoredType | undefined;
  #value: StoredType | undefined;
  readonly #shapes: RecordType[];
  #used = false;

  /** Starts with what is given. */
  constructor(name: string, spec: SharedSpec) {
    this.#name = name;
    this.#spec = spec;
    this.#key = spec.kind === "hash"
      ? spec.key
      : spec.kind === "counter" && spec.key !== "none"
      ? spec.key
      : undefined;
    this.#value = spec.kind === "hash" || spec.kind === "lpm" ? spec.value : undefined;
    this.#shapes = spec.kind === "events" ? [...spec.shapes] : [];
  }

  /** What the function made of it; `undefined` where it did not use it. */
  get use(): SharedUse | undefined {
    if (!this.#used) return undefined;
    return {
      ...this.#key && { key: this.#key },
      ...this.#value && { value: this.#value },
      ...this.#spec.kind === "events" && { shapes: this.#shapes },
    };
  }

  /** What the name stands for. */
  thing(place: Place): Thing {
    const spec = this.#spec;
    switch (spec.kind) {
      case "constant":
        return constantThing(spec.value, place);
      case "counter":
        return this.#counter();
      case "hash":
      case "lpm":
        return this.#hash();
      case "histogram":
        return this.#histogram();
      case "events":
        return this.#events();
    }
  }

  #counter(): Thing {
    return namespaceOf(`counter "${this.#name}"`, {
      count: () =>
        method("count", [0, 2], ([key, amount], place) => {
          const one = amount ? scalarOf(amount, place) : constant(1n, place);
          return this.#add(key && key.kind !== "undefined" ? key : undefined, one, place);
        }),
    });
  }

  #add(key: Thing | undefined, amount: ReturnType<typeof scalarOf>, place: Place): Thing {
    this.#used = true;
    const { kind } = this.#spec;
    const none = kind === "counter" && this.#spec.key === "none";
    if (none && key) throw new Fault(place, `counter "${this.#name}" counts without keys`);
    if (!key && this.#key) {
      throw new Fault(place, `counter "${this.#name}" counts by ${typeText(this.#key)}: give a key`);
    }
    if (!key) {
      const index = { ...constant(0n, place), type: U32 };
      return effect({ kind: "add", type: VOID, place, map: this.#name, key: index, amount, mayLack: false });
    }
    const stored = this.#keyOf(key, place);
    const mayLack = kind !== "lpm"; // of a trie, what no prefix covers is not counted
    return effect({ kind: "add", type: VOID, place, map: this.#name, key: stored, amount, mayLack });
  }

  #hash(): Thing {
    const map = this.#name;
    return namespaceOf(`map "${map}"`, {
      get: () =>
        method("get", [1, 1], ([key], place) => {
          const stored = this.#keyOf(key as Thing, place);
          const type = this.#value;
          if (!type) {
            throw new Fault(place, `it is not known what "${map}" holds`, "give its types: hash(u32, u64)");
          }
          if (type.kind !== "int" && type.kind !== "pointer") {
            throw new Fault(place, `get() is of numbers, and "${map}" holds ${typeText(type)}`);
          }
          return {
            kind: "optional",
            value: { kind: "lookup", type: { kind: "optional", of: type }, place, map, key: stored },
          };
        }),
      has: () => method("has", [1, 1], ([key], place) => this.#has(key as Thing, place)),
      set: () =>
        method("set", [2, 2], ([key, value], place) => {
          const stored = this.#keyOf(key as Thing, place);
          this.#value ??= storedTypeOf(value as Thing, place);
          const held = storedAs(value as Thing, this.#value, place, `the value of "${map}"`);
          return effect({ kind: "update", type: VOID, place, map, key: stored, value: held });
        }),
      delete: () =>
        method(
          "delete",
          [1, 1],
          ([key], place) =>
            scalarThing({ kind: "remove", type: BOOL, place, map, key: this.#keyOf(key as Thing, place) }),
        ),
      count: () =>
        method("count", [1, 2], ([key, amount], place) => {
          this.#value ??= U64;
          if (this.#value.kind !== "int" || this.#value.size !== 8) {
            throw new Fault(
              place,
              `count() is for numbers of 8 bytes, and "${map}" holds ${typeText(this.#value)}`,
            );
          }
          return this.#add(key, amount ? scalarOf(amount, place) : constant(1n, place), place);
        }),
    });
  }

  #has(key: Thing, place: Place): Thing {
    const stored = this.#keyOf(key, place);
    const type = { kind: "optional", of: U64 } as const;
    const of = { kind: "lookup", type, place, map: this.#name, key: stored } as const;
    return { kind: "condition", condition: { kind: "present", place, of } };
  }

  #histogram(): Thing {
    const map = this.#name;
    return namespaceOf(`histogram "${map}"`, {
      record: () =>
        method("record", [1, 1], ([value], place) => {
          this.#used = true;
          return effect({ kind: "record", type: VOID, place, map, value: scalarOf(value as Thing, place) });
        }),
    });
  }

  #events(): Thing {
    return namespaceOf(`events "${this.#name}"`, {
      emit: () =>
        method("emit", [1, 1], ([event], place) => {
          if (event?.kind !== "record") throw new Fault(place, "an event is a record: emit({ pid: c.pid })");
          return this.emit(event, place);
        }),
    });
  }

  /** Sends a record; records of one shape have one tag. */
  emit(event: RecordThing, place: Place): Thing {
    this.#used = true;
    const fields = event.fields.map(({ name, place, thing }) => ({ name, type: storedTypeOf(thing, place) }));
    const shape = layOut(fields, TAG_SIZE);
    let tag = this.#shapes.findIndex((known) => sameType(known, shape));
    if (tag < 0) tag = this.#shapes.push(shape) - 1;
    const stored = storedAs(event, shape, place, "the event");
    if (stored.kind !== "fields") throw new Fault(place, "an event is a record");
    return effect({ kind: "emit", type: VOID, place, map: this.#name, tag, fields: stored });
  }

  /** An address as the key of a trie: all of its bits count. */
  #addressOf(key: Thing, place: Place): Stored {
    this.#used = true;
    this.#key = PREFIX;
    const address = scalarOf(key, place);
    if (address.type.kind !== "int" || address.type.shown !== "ipv4") {
      throw new Fault(
        place,
        `the key of "${this.#name}" is an IPv4 address`,
        "take that of a packet: c.ipv4().saddr",
      );
    }
    return { kind: "fields", type: PREFIX, place, values: [constant(ADDRESS_BITS, place), address] };
  }

  #keyOf(key: Thing, place: Place): Stored {
    if (this.#spec.kind === "lpm") return this.#addressOf(key, place);
    this.#used = true;
    this.#key ??= storedTypeOf(key, place);
    return storedAs(key, this.#key, place, `the key of "${this.#name}"`);
  }
}

/** `struct bpf_lpm_trie_key` with an IPv4 address. */
const PREFIX: RecordType = layOut([{ name: "bits", type: U32 }, {
  name: "address",
  type: { ...U32, shown: "ipv4" },
}]);
const ADDRESS_BITS = 32n;

function effect(value: Extract<Thing, { kind: "effect" }>["effect"]): Thing {
  return { kind: "effect", effect: value };
}
