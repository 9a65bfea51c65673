/**
 * Maps from keys to values, and networks.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import type { Stored } from "../../ir/tree.ts";
import {
  BOOL,
  IPV6,
  layOut,
  type RecordType,
  type StoredType,
  typeText,
  U32,
  U64,
  VOID,
} from "../../ir/type.ts";
import { method } from "../arguments.ts";
import { constant, scalarOf } from "../convert.ts";
import { heldThing } from "../held.ts";
import { namespaceOf } from "../members.ts";
import { scalarThing, type Thing } from "../thing.ts";
import { locked } from "./locks.ts";
import { effectThing, type SharedState } from "./state.ts";

/** `get(key)`, `has(key)`, `set(key, value)`, `delete(key)`, `count(key, amount?)`, `locked(key, change)`. */
export function hashThing(state: SharedState): Thing {
  const map = state.name;
  const mayLack = state.spec.kind !== "lpm"; // of a trie, what no prefix covers is not counted
  const keyOf = state.spec.kind === "lpm"
    ? addressOf
    : (state: SharedState, key: Thing, place: Place) => state.keyOf(key, place);
  return namespaceOf(`map "${map}"`, {
    get: () =>
      method("get", [1, 1], ([key], place) => looked(state, keyOf(state, key as Thing, place), place)),
    has: () => method("has", [1, 1], ([key], place) => has(state, keyOf(state, key as Thing, place), place)),
    set: () =>
      method("set", [2, 2], ([given, value], place) => {
        const key = keyOf(state, given as Thing, place);
        const held = state.valueOf(value as Thing, place);
        return effectThing({ kind: "update", type: VOID, place, map, key, value: held, mayLack });
      }),
    delete: () =>
      method("delete", [1, 1], ([key], place) => removed(state, keyOf(state, key as Thing, place), place)),
    count: () =>
      method("count", [1, 2], ([given, by], place) => {
        checkCounted(state, place);
        const key = keyOf(state, given as Thing, place);
        const amount = by ? scalarOf(by, place) : constant(1n, place);
        return effectThing({ kind: "add", type: VOID, place, map, key, amount, mayLack });
      }),
    locked: () =>
      method(
        "locked",
        [2, 2],
        ([key, change], place) => locked(state, keyOf(state, key as Thing, place), change, place),
      ),
  });
}

/** `add(key)`, `has(key)`, `delete(key)`. */
export function setThing(state: SharedState): Thing {
  const map = state.name;
  return namespaceOf(`set "${map}"`, {
    add: () =>
      method("add", [1, 1], ([given], place) => {
        const key = state.keyOf(given as Thing, place);
        const value = constant(1n, place);
        state.value = BOOL;
        return effectThing({ kind: "update", type: VOID, place, map, key, value, mayLack: true });
      }),
    has: () => method("has", [1, 1], ([key], place) => has(state, state.keyOf(key as Thing, place), place)),
    delete: () =>
      method("delete", [1, 1], ([key], place) => removed(state, state.keyOf(key as Thing, place), place)),
  });
}

/** `get(index)`, `set(index, value)`, `count(index, amount?)`, `locked(index, change)`. */
export function arrayThing(state: SharedState): Thing {
  const map = state.name;
  return namespaceOf(`array "${map}"`, {
    get: () =>
      method("get", [1, 1], ([index], place) => looked(state, scalarOf(index as Thing, place), place)),
    set: () =>
      method("set", [2, 2], ([index, given], place) => {
        const key = scalarOf(index as Thing, place);
        const value = state.valueOf(given as Thing, place);
        return effectThing({ kind: "update", type: VOID, place, map, key, value, mayLack: false });
      }),
    count: () =>
      method("count", [1, 2], ([index, by], place) => {
        state.used = true;
        checkCounted(state, place);
        const key = scalarOf(index as Thing, place);
        const amount = by ? scalarOf(by, place) : constant(1n, place);
        return effectThing({ kind: "add", type: VOID, place, map, key, amount, mayLack: false });
      }),
    locked: () =>
      method(
        "locked",
        [2, 2],
        ([index, change], place) => locked(state, scalarOf(index as Thing, place), change, place),
      ),
  });
}

/** What a map has for a key. */
function looked(state: SharedState, key: Stored, place: Place): Thing {
  const type = state.known(place);
  if (!type) return { kind: "undefined" };
  const optional = { kind: "optional", of: U64 } as const;
  return heldThing({ kind: "lookup", type: optional, place, map: state.name, key }, type, place);
}

function has(state: SharedState, key: Stored, place: Place): Thing {
  const type = { kind: "optional", of: U64 } as const;
  const of = { kind: "lookup", type, place, map: state.name, key } as const;
  return { kind: "condition", condition: { kind: "present", place, of } };
}

function removed(state: SharedState, key: Stored, place: Place): Thing {
  return scalarThing({ kind: "remove", type: BOOL, place, map: state.name, key });
}

function checkCounted(state: SharedState, place: Place): void {
  state.value ??= U64;
  if (state.value.kind === "int" && state.value.size === 8) return;
  throw new Fault(
    place,
    `count() is for numbers of 8 bytes, and "${state.name}" holds ${typeText(state.value)}`,
  );
}

/** `struct bpf_lpm_trie_key` with a family and an address, which networks of another family are none of. */
function prefixOf(address: StoredType): RecordType {
  return layOut([{ name: "bits", type: U32 }, { name: "family", type: U32 }, {
    name: "address",
    type: address,
  }]);
}

const PREFIX6: RecordType = prefixOf(IPV6);
/** With room for the longer ones. */
const PREFIX4: RecordType = { ...prefixOf({ ...U32, shown: "ipv4" }), size: PREFIX6.size };
const FAMILY_BITS = 32n;

/** An address as the key of a trie: all of its bits count. */
function addressOf(state: SharedState, key: Thing, place: Place): Stored {
  state.used = true;
  state.key = PREFIX4;
  const fields = (type: RecordType, family: bigint, bits: bigint, address: Stored): Stored => {
    const numbers = [constant(FAMILY_BITS + bits, place), constant(family, place)];
    return { kind: "fields", type, place, values: [...numbers, address] };
  };
  if (key.kind === "address" && key.value.type.shown === "ipv6") return fields(PREFIX6, 6n, 128n, key.value);
  if (key.kind === "scalar" && key.value.type.kind === "int" && key.value.type.shown === "ipv4") {
    return fields(PREFIX4, 4n, 32n, key.value);
  }
  throw new Fault(
    place,
    `the key of "${state.name}" is an address`,
    "take that of a packet: c.ipv4().saddr, c.ipv6().saddr",
  );
}
