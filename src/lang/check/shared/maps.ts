/**
 * Maps from keys to values, and networks.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import type { Stored } from "../../ir/tree.ts";
import { BOOL, layOut, type RecordType, typeText, U32, U64, VOID } from "../../ir/type.ts";
import { method } from "../arguments.ts";
import { constant, scalarOf } from "../convert.ts";
import { namespaceOf } from "../members.ts";
import { scalarThing, type Thing } from "../thing.ts";
import { effectThing, type SharedState } from "./state.ts";

/** `get(key)`, `has(key)`, `set(key, value)`, `delete(key)`, `count(key, amount?)`. */
export function hashThing(state: SharedState): Thing {
  const map = state.name;
  const mayLack = state.spec.kind !== "lpm"; // of a trie, what no prefix covers is not counted
  const keyOf = state.spec.kind === "lpm"
    ? addressOf
    : (state: SharedState, key: Thing, place: Place) => state.keyOf(key, place);
  return namespaceOf(`map "${map}"`, {
    get: () =>
      method("get", [1, 1], ([key], place) => {
        const stored = keyOf(state, key as Thing, place);
        const type = state.value;
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
    has: () =>
      method("has", [1, 1], ([key], place) => {
        const type = { kind: "optional", of: U64 } as const;
        const of = { kind: "lookup", type, place, map, key: keyOf(state, key as Thing, place) } as const;
        return { kind: "condition", condition: { kind: "present", place, of } };
      }),
    set: () =>
      method("set", [2, 2], ([given, value], place) => {
        const key = keyOf(state, given as Thing, place);
        const held = state.valueOf(value as Thing, place);
        return effectThing({ kind: "update", type: VOID, place, map, key, value: held, mayLack });
      }),
    delete: () =>
      method("delete", [1, 1], ([given], place) => {
        const key = keyOf(state, given as Thing, place);
        return scalarThing({ kind: "remove", type: BOOL, place, map, key });
      }),
    count: () =>
      method("count", [1, 2], ([given, by], place) => {
        state.value ??= U64;
        if (state.value.kind !== "int" || state.value.size !== 8) {
          throw new Fault(
            place,
            `count() is for numbers of 8 bytes, and "${map}" holds ${typeText(state.value)}`,
          );
        }
        const key = keyOf(state, given as Thing, place);
        const amount = by ? scalarOf(by, place) : constant(1n, place);
        return effectThing({ kind: "add", type: VOID, place, map, key, amount, mayLack });
      }),
  });
}

/** `struct bpf_lpm_trie_key` with an IPv4 address. */
const PREFIX: RecordType = layOut([{ name: "bits", type: U32 }, {
  name: "address",
  type: { ...U32, shown: "ipv4" },
}]);
const ADDRESS_BITS = 32n;

/** An address as the key of a trie: all of its bits count. */
function addressOf(state: SharedState, key: Thing, place: Place): Stored {
  state.used = true;
  state.key = PREFIX;
  const address = scalarOf(key, place);
  if (address.type.kind !== "int" || address.type.shown !== "ipv4") {
    throw new Fault(
      place,
      `the key of "${state.name}" is an IPv4 address`,
      "take that of a packet: c.ipv4().saddr",
    );
  }
  return { kind: "fields", type: PREFIX, place, values: [constant(ADDRESS_BITS, place), address] };
}
