/**
 * What names and expressions stand for while a function is checked. Not all of it is a value: the context, a shared map and
 * its methods are none.
 *
 * @module
 */
import type { Place } from "../ir/place.ts";
import type {
  Address,
  Block,
  Capture,
  Condition,
  Copy,
  Effect,
  Optional,
  Scalar,
  Text,
  Words,
} from "../ir/tree.ts";
import { type StackType, typeText } from "../ir/type.ts";

/** A field of a {@linkcode RecordThing}. */
export interface FieldThing {
  readonly name: string;
  readonly place: Place;
  readonly thing: Thing;
}

/** Several things by name. */
export interface RecordThing {
  readonly kind: "record";
  readonly fields: readonly FieldThing[];
}

/** What has members but is no value itself: the context, its arguments, a shared map, a struct of the kernel. */
export interface Namespace {
  readonly kind: "namespace";
  /** For messages: `the context`, `struct task_struct`. */
  readonly what: string;
  /** Throws a fault where there is no such member. */
  member(name: string, place: Place): Thing;
  /** An element, where it has some. */
  index?(index: Thing, place: Place): Thing;
  /** Whether it is what the function is called with. */
  readonly isContext?: true;
  /** How many it has, where that is known. */
  readonly length?: number;
  /** Where it is, of what is in memory. */
  readonly address?: Scalar;
  /** What it is as a number: a struct of one member is that, as `kuid_t` and `atomic_t`. */
  readonly number?: Scalar;
  /** What is stored of it: of a struct in another, or of an array, all of it. */
  whole?(place: Place): Copy;
}

/** Elements that are known here. */
export interface ListThing {
  readonly kind: "list";
  readonly items: readonly Thing[];
}

/** What can be called. */
export interface Method {
  readonly kind: "method";
  /** For messages: `count()`. */
  readonly what: string;
  call(args: readonly Thing[], place: Place): Thing;
}

/** Gives something a value, where it is more than a variable. */
export type Assign = (value: Thing, place: Place) => Effect;

/** An address that is too long to be a number, with its parts. */
export interface AddressThing {
  readonly kind: "address";
  readonly value: Address;
  readonly members?: Namespace;
  readonly assign?: Assign;
}

/** Where the function was called from. */
export interface StackThing {
  readonly kind: "stack";
  readonly type: StackType;
}

/** What an expression stands for. */
export type Thing =
  /** `within` is the record that it is a field of, where that may be missing. */
  | { readonly kind: "scalar"; readonly value: Scalar; readonly assign?: Assign; readonly within?: Optional }
  /** With the members of what is there, where it is the address of a struct. */
  | { readonly kind: "optional"; readonly value: Optional; readonly members?: Namespace }
  | { readonly kind: "text"; readonly value: Text }
  | { readonly kind: "words"; readonly value: Words }
  | StackThing
  | AddressThing
  | { readonly kind: "capture"; readonly value: Capture | Block }
  | { readonly kind: "condition"; readonly condition: Condition }
  | { readonly kind: "effect"; readonly effect: Effect }
  | { readonly kind: "undefined" }
  | RecordThing
  | ListThing
  | Namespace
  | Method;

/** A thing that is an integer or an address. */
export function scalarThing(value: Scalar): Thing {
  return { kind: "scalar", value };
}

/** What a thing is, for messages. */
export function describe(thing: Thing): string {
  switch (thing.kind) {
    case "namespace":
    case "method":
      return thing.what;
    case "effect":
    case "undefined":
      return "nothing";
    case "record":
      return "a record";
    case "list":
      return "a list";
    case "condition":
      return "a condition";
    case "scalar":
      return thing.value.type.kind === "pointer" ? "an address" : "a number";
    case "optional":
      return thing.members?.what ?? "a number or undefined";
    case "text":
      return "text";
    case "words":
      return "a list of texts";
    case "stack":
      return "a stack";
    case "address":
      return typeText(thing.value.type);
    case "capture":
      return "data";
  }
}
