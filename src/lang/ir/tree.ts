/**
 * A kernel function whose names are resolved and whose values have types: what code is made of.
 *
 * @module
 */
import type { HelperName } from "../../asm/mod.ts";
import type { Place } from "./place.ts";
import type { LinearBuckets } from "./buckets.ts";
import type { FieldPath } from "./field_path.ts";
import type { HeaderName } from "./packet.ts";
import type { Arithmetic, Comparison } from "./syntax.ts";
import type {
  AddressType,
  DataType,
  IntType,
  OptionalType,
  PointerType,
  RecordType,
  StackType,
  TextType,
  VoidType,
  WholeType,
  WordsType,
} from "./type.ts";

/** What break and continue lead to: a loop or block. Each is an object of its own. */
export interface Target {
  readonly label: string | undefined;
}

/** A local variable. Each declaration is an object of its own. */
export interface Variable {
  readonly name: string;
  readonly type: IntType | PointerType | OptionalType | TextType | AddressType;
}

interface Placed {
  readonly place: Place;
}

/** An integer or an address: what fits a register. */
export type Scalar =
  & Placed
  & { readonly type: IntType | PointerType }
  & (
    /** `field` is what it is the place of, in bytes. */
    | { readonly kind: "constant"; readonly value: bigint; readonly field?: FieldPath | undefined }
    | { readonly kind: "variable"; readonly variable: Variable }
    /** `size` bytes of the context, at an offset in bytes. */
    | { readonly kind: "context"; readonly offset: number; readonly size: 1 | 2 | 4 | 8 }
    /** The address of a part of the context. */
    | { readonly kind: "contextAddress"; readonly offset: number }
    /** What a helper returns, called with up to five arguments. */
    | { readonly kind: "helper"; readonly helper: HelperName; readonly arguments: readonly Argument[] }
    /** What a function of the kernel for programs (kfunc) returns, by its id in the kernel's BTF. */
    | { readonly kind: "kfunc"; readonly function: number; readonly arguments: readonly Argument[] }
    /** Memory at an address; `bits` are those of a bitfield in it. */
    | {
      readonly kind: "load";
      readonly address: Scalar;
      readonly offset: number;
      readonly size: 1 | 2 | 4 | 8;
      readonly bits?: { readonly shift: number; readonly width: number };
      /** What is there. */
      readonly field?: FieldPath | undefined;
    }
    /** The number with its lowest `size` bytes reversed. */
    | { readonly kind: "swap"; readonly of: Scalar; readonly size: 2 | 4 | 8 }
    | { readonly kind: "negate" | "invert"; readonly of: Scalar }
    /** The number of the bucket of a histogram that a value falls into. */
    | { readonly kind: "bucket"; readonly of: Scalar; readonly linear: LinearBuckets | undefined }
    | {
      readonly kind: "arithmetic";
      readonly operator: Arithmetic;
      /** Whether division and shifts mind the sign. */
      readonly signed: boolean;
      readonly left: Scalar;
      readonly right: Scalar;
    }
    /** 1 where the condition holds, else 0. */
    | { readonly kind: "test"; readonly condition: Condition }
    | {
      readonly kind: "choice";
      readonly condition: Condition;
      readonly then: Scalar;
      readonly otherwise: Scalar;
    }
    /** The value of what may be missing, and 0 where it is. */
    | { readonly kind: "valueOf"; readonly of: Optional }
    | { readonly kind: "orElse"; readonly of: Optional; readonly otherwise: Scalar }
    /** The left one where it is not 0. */
    | { readonly kind: "or"; readonly left: Scalar; readonly right: Scalar }
    | {
      readonly kind: "assign";
      readonly variable: Variable;
      readonly value: Scalar;
      readonly before: boolean;
    }
    | { readonly kind: "after"; readonly effects: readonly Effect[]; readonly value: Scalar }
    /** Whether the key was there. */
    | { readonly kind: "remove"; readonly map: string; readonly key: Stored }
    /** Whether the timer of the key was to go off. */
    | { readonly kind: "cancelTimer"; readonly map: string; readonly key: Stored }
  );

/** What is done when a timer goes off. */
export interface TimerRun {
  /** The variable that the address of the key is in. */
  readonly address: Variable;
  readonly effects: readonly Effect[];
  /** In how many ns it is to go off again, where it is. */
  readonly again: Scalar | undefined;
  /** Removes the timer. */
  readonly end: Effect;
}

/** An argument of a helper: a scalar, the context itself, a map, or the address of a text. */
export type Argument =
  | Scalar
  | { readonly kind: "contextItself" }
  | { readonly kind: "map"; readonly map: string }
  | { readonly kind: "textItself"; readonly text: Text };

/** A part of the packet, which it may lack. */
export type PacketPart =
  & Placed
  & { readonly type: OptionalType }
  & (
    /** The address of a header. */
    | { readonly kind: "header"; readonly header: HeaderName }
    /** The number of a VLAN, the outermost with index 0. */
    | { readonly kind: "tag"; readonly index: number }
    /** Where what is behind the header of the transport layer starts, in bytes. */
    | { readonly kind: "payload" }
    /** A number in network order, so many bytes from the start. */
    | { readonly kind: "packetBytes"; readonly offset: Scalar; readonly size: 1 | 2 | 4 }
  );

/** What may be missing. */
export type Optional =
  & Placed
  & { readonly type: OptionalType }
  & (
    | { readonly kind: "optionalVariable"; readonly variable: Variable }
    | { readonly kind: "optionalAfter"; readonly effects: readonly Effect[]; readonly value: Optional }
    /**
     * What is `offset` bytes behind the start of the value, which is 0 where nobody says; the address of the value where that is of
     * the space of maps.
     */
    | { readonly kind: "lookup"; readonly map: string; readonly key: Stored; readonly offset?: number }
    | PacketPart
    /** The next value of a queue or stack. */
    | {
      readonly kind: "taken";
      readonly map: string;
      readonly helper: "bpf_map_pop_elem" | "bpf_map_peek_elem";
    }
  );

/** What can be true or false. */
export type Condition =
  & Placed
  & (
    | {
      readonly kind: "compare";
      readonly operator: Comparison;
      readonly signed: boolean;
      readonly left: Scalar;
      readonly right: Scalar;
    }
    | { readonly kind: "both" | "either"; readonly left: Condition; readonly right: Condition }
    | { readonly kind: "not"; readonly of: Condition }
    /** Whether it is not 0. */
    | { readonly kind: "truth"; readonly of: Scalar }
    | { readonly kind: "present"; readonly of: Optional }
    /** Whether a text is a given one, or has the same first bytes, `prefix` of them. */
    | { readonly kind: "sameText"; readonly of: Text; readonly text: string; readonly prefix?: number }
    /** Whether two texts are the same, or have the same first bytes. */
    | { readonly kind: "sameTexts"; readonly left: Text; readonly right: Text; readonly prefix?: number }
    | { readonly kind: "sameAddresses"; readonly left: Address; readonly right: Address }
    | { readonly kind: "always"; readonly value: boolean }
  );

/** Text, which is in memory. */
export type Text =
  & Placed
  & { readonly type: TextType }
  & (
    | { readonly kind: "textConstant"; readonly text: string }
    | { readonly kind: "comm" }
    /** What a helper writes into a place: called with the context, the place, its size and `more`. */
    | { readonly kind: "written"; readonly helper: HelperName; readonly more: readonly number[] }
    /** What is at an address, up to its NUL. */
    | { readonly kind: "string"; readonly address: Scalar }
    | { readonly kind: "textVariable"; readonly variable: Variable }
    | { readonly kind: "textAfter"; readonly effects: readonly Effect[]; readonly value: Text }
    /** What a map has for a key, so many bytes behind the start of the value; empty where it has none. */
    | { readonly kind: "heldText"; readonly map: string; readonly key: Stored; readonly offset: number }
    | {
      readonly kind: "textChoice";
      readonly condition: Condition;
      readonly then: Text;
      readonly otherwise: Text;
    }
  );

/** What is between two addresses, as texts of a process are; of more than there is room for, the first bytes. */
export interface Words extends Placed {
  readonly kind: "words";
  readonly type: WordsType;
  readonly from: Scalar;
  readonly to: Scalar;
}

/** Several values by name. */
export interface Fields extends Placed {
  readonly kind: "fields";
  readonly type: RecordType;
  /** In the order of the fields of the type. */
  readonly values: readonly Stored[];
}

/** An address that is too long for a register. */
export type Address =
  & Placed
  & { readonly type: AddressType }
  & (
    | { readonly kind: "addressConstant"; readonly bytes: Uint8Array }
    /** What is in memory, so many bytes behind `base`. */
    | {
      readonly kind: "addressAt";
      readonly base: Scalar;
      readonly offset: number;
      readonly field?: FieldPath | undefined;
    }
    | { readonly kind: "addressInContext"; readonly offset: number }
    | { readonly kind: "addressVariable"; readonly variable: Variable }
  );

/** What the packet has from an offset on, in bytes; of more than there is room for, the first ones. */
export interface Capture extends Placed {
  readonly kind: "capture";
  readonly type: DataType;
  readonly from: Scalar;
}

/** What is at an address, so many bytes; of more than there is room for, the first ones. */
export interface Block extends Placed {
  readonly kind: "block";
  readonly type: DataType;
  readonly address: Scalar;
  /** In bytes. */
  readonly length: Scalar;
}

/** Where the function was called from, kept in the map that belongs to the one which stores it. */
export interface Stack extends Placed {
  readonly kind: "stack";
  readonly type: StackType;
  /** The name of what stores it. */
  readonly map: string;
}

/** What is at an address, as it is. */
export interface Copy extends Placed {
  readonly kind: "copy";
  readonly type: WholeType;
  readonly address: Scalar;
}

/** What can be put into memory, as the type of the place says. */
export type Stored = Scalar | Text | Words | Fields | Stack | Address | Capture | Block | Copy;

/** What is done for its effect. */
export type Effect =
  & Placed
  & { readonly type: VoidType }
  & (
    | { readonly kind: "do"; readonly value: Scalar }
    /** Declares it, too. */
    | {
      readonly kind: "set";
      readonly variable: Variable;
      readonly value: Scalar | Optional | Text | Address;
    }
    /** Changes the context. */
    | {
      readonly kind: "setContext";
      readonly offset: number;
      readonly size: 1 | 2 | 4 | 8;
      readonly value: Scalar;
    }
    | { readonly kind: "setContextAddress"; readonly offset: number; readonly value: Address }
    /** Changes a part of a header, where the packet has the header, and the checksums that it counts for. */
    | {
      readonly kind: "writeHeader";
      readonly header: HeaderName;
      readonly offset: number;
      readonly size: number;
      /** Of a bitfield. */
      readonly bits?: { readonly shift: number; readonly width: number };
      readonly value: Scalar | Address;
    }
    /** Sets the value of a key. Where there is no room, that is counted. */
    | {
      readonly kind: "update";
      readonly map: string;
      readonly key: Stored;
      readonly value: Stored;
      readonly mayLack: boolean;
    }
    /** Puts a value into a queue or stack. Where there is no room, that is counted. */
    | { readonly kind: "push"; readonly map: string; readonly value: Stored }
    /** Changes a field of a record that a map holds, where it is there. */
    | {
      readonly kind: "setField";
      readonly of: Optional;
      readonly offset: number;
      readonly size: 1 | 2 | 4 | 8;
      readonly value: Scalar;
    }
    /** Adds to the number that the map has for the key. Where there may be none, it starts with 0. */
    | {
      readonly kind: "add";
      readonly map: string;
      readonly key: Stored;
      readonly amount: Scalar;
      readonly mayLack: boolean;
    }
    /** Adds a value to the statistics that the map has for the key. */
    | {
      readonly kind: "measure";
      readonly map: string;
      readonly key: Stored;
      readonly value: Scalar;
      readonly mayLack: boolean;
    }
    /** Sends a record, behind its tag. */
    | { readonly kind: "emit"; readonly map: string; readonly tag: number; readonly fields: Fields }
    /** Writes a record, behind its tag, into the list that an iterator makes. */
    | { readonly kind: "write"; readonly tag: number; readonly fields: Fields }
    /** Does something while the lock of a record that a map holds is held, where the record is there. */
    | {
      readonly kind: "locked";
      readonly record: Optional;
      /** Where in the record the lock is, in bytes. */
      readonly offset: number;
      readonly body: Effect;
    }
    /** Has something done later, in so many ns. Where there is no room for another timer, that is counted. */
    | {
      readonly kind: "startTimer";
      readonly map: string;
      readonly key: Stored;
      readonly delay: Scalar;
      readonly run: TimerRun;
    }
    | { readonly kind: "effects"; readonly effects: readonly Effect[] }
    /** Declares a variable of zeroes, which is missing where it may be. */
    | { readonly kind: "declare"; readonly variable: Variable }
    /** Gives a text, or what may be missing, another value: `undefined` for none. */
    | { readonly kind: "change"; readonly variable: Variable; readonly value: Optional | Text | undefined }
    /** Statements of a function that is called. */
    | { readonly kind: "run"; readonly body: readonly Statement[]; readonly target: Target }
    | {
      readonly kind: "choose";
      readonly condition: Condition;
      readonly then: Effect;
      readonly otherwise: Effect;
    }
  );

/** A statement. */
export type Statement =
  | Placed & { readonly kind: "effect"; readonly effect: Effect }
  | Placed & {
    readonly kind: "if";
    readonly condition: Condition;
    readonly then: readonly Statement[];
    readonly otherwise: readonly Statement[];
  }
  | Placed & {
    readonly kind: "loop";
    readonly first: readonly Statement[];
    readonly condition: Condition;
    readonly update: Effect | undefined;
    readonly body: readonly Statement[];
    readonly target: Target;
    /** Whether the condition is looked at behind the body. */
    readonly bodyFirst: boolean;
    /** Whether nothing shows that it ends, or that only after many passes, so that the kernel has to end it. */
    readonly open: boolean;
    /** Where it is open: what it counts, of which the verifier must not know the start, or it would follow each pass. */
    readonly counters: readonly Variable[];
  }
  | Placed & { readonly kind: "block"; readonly body: readonly Statement[]; readonly target?: Target }
  | Placed & { readonly kind: "break" | "continue"; readonly target: Target }
  | Placed & { readonly kind: "return"; readonly value: Scalar };
