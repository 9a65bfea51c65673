/**
 * Scripts of bpftrace as they are written, before anyone knows what names mean.
 *
 * @module
 */
import type { Place } from "../ir/place.ts";

interface Placed {
  readonly place: Place;
}

/** Operators of two values. */
export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&&"
  | "||";

/** Operators of an assignment: `=`, or one that computes with what was there. */
export type AssignOperator = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";

/** A type as a cast or a struct names it: `struct task_struct *`, `uint64`, `char[16]`. */
export interface TypeName extends Placed {
  /** Without qualifiers: `struct task_struct`, `unsigned int`, `uint64`. */
  readonly name: string;
  readonly pointers: number;
  /** Of arrays, outermost first. */
  readonly lengths: readonly number[];
}

/** A map, with the parts of its key. */
export interface MapNode extends Placed {
  readonly kind: "map";
  /** With its `@`. */
  readonly name: string;
  readonly key: readonly Expression[];
}

/** A variable. */
export interface VariableNode extends Placed {
  readonly kind: "variable";
  /** With its `$`. */
  readonly name: string;
}

/** A call. */
export interface CallNode extends Placed {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
}

/** An expression. */
export type Expression =
  | Placed & { readonly kind: "integer"; readonly value: bigint }
  | Placed & { readonly kind: "string"; readonly value: string }
  | Placed & { readonly kind: "name"; readonly name: string }
  /** `$1`, and 0 for `$#`. */
  | Placed & { readonly kind: "positional"; readonly index: number }
  | MapNode
  | VariableNode
  | CallNode
  | Placed & { readonly kind: "unary"; readonly operator: "-" | "~" | "!" | "*"; readonly of: Expression }
  | Placed & {
    readonly kind: "step";
    readonly target: MapNode | VariableNode;
    readonly by: 1 | -1;
    /** Whether the value is that from before: `@x++`. */
    readonly before: boolean;
  }
  | Placed & {
    readonly kind: "binary";
    readonly operator: BinaryOperator;
    readonly left: Expression;
    readonly right: Expression;
  }
  | Placed & {
    readonly kind: "ternary";
    readonly condition: Expression;
    readonly then: Expression;
    readonly otherwise: Expression;
  }
  | Placed & {
    readonly kind: "field";
    readonly of: Expression;
    readonly name: string;
    /** `->`, not `.`. */
    readonly arrow: boolean;
  }
  | Placed & { readonly kind: "index"; readonly of: Expression; readonly index: Expression }
  | Placed & { readonly kind: "cast"; readonly type: TypeName; readonly of: Expression }
  | Placed & { readonly kind: "tuple"; readonly parts: readonly Expression[] }
  | Placed & {
    readonly kind: "sizeof";
    readonly type: TypeName | undefined;
    readonly of: Expression | undefined;
  }
  | Placed & { readonly kind: "offsetof"; readonly type: TypeName; readonly field: string };

/** A statement. */
export type Statement =
  | Placed & { readonly kind: "expression"; readonly expression: Expression }
  | Placed & {
    readonly kind: "assign";
    readonly target: MapNode | VariableNode;
    readonly operator: AssignOperator | undefined;
    readonly value: Expression;
  }
  | Placed & {
    readonly kind: "if";
    readonly condition: Expression;
    readonly then: readonly Statement[];
    readonly otherwise: readonly Statement[];
  }
  | Placed & { readonly kind: "unroll"; readonly times: Expression; readonly body: readonly Statement[] }
  | Placed & { readonly kind: "while"; readonly condition: Expression; readonly body: readonly Statement[] }
  | Placed & { readonly kind: "block"; readonly body: readonly Statement[] }
  | Placed & { readonly kind: "break" | "continue" | "return" };

/** Where a probe attaches: `tracepoint:sched:sched_switch`, by the parts between its colons. */
export interface AttachPoint extends Placed {
  readonly text: string;
  readonly parts: readonly string[];
}

/** Attach points, and what is done there. */
export interface ProbeNode extends Placed {
  readonly points: readonly AttachPoint[];
  readonly predicate: Expression | undefined;
  readonly body: readonly Statement[];
}

/** A member of a struct of the script. */
export interface MemberNode extends Placed {
  readonly name: string;
  readonly type: TypeName;
  /** Of a bitfield. */
  readonly bits: number | undefined;
}

/** A struct, union or enum that the script declares. */
export type DeclarationNode =
  | Placed & {
    readonly kind: "struct" | "union";
    readonly name: string;
    readonly members: readonly MemberNode[];
  }
  | Placed & { readonly kind: "enum"; readonly values: ReadonlyMap<string, bigint> };

/** A script. */
export interface Script {
  readonly declarations: readonly DeclarationNode[];
  readonly probes: readonly ProbeNode[];
}
