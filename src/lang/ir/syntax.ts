/**
 * What a front end makes of a source: a tree of operations and names, before anyone knows what the names mean.
 *
 * It has what kernel functions can say and nothing of the language that they are written in.
 *
 * @module
 */
import type { Place } from "./place.ts";

/** Operators of two numbers. */
export type Arithmetic = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>" | ">>>";

/** Operators that compare. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Anything that has a place. */
interface Placed {
  readonly place: Place;
}

/** A field of a {@linkcode RecordSyntax}. */
export interface FieldSyntax extends Placed {
  readonly name: string;
  readonly value: ExpressionSyntax;
}

/** Several values by name: a key, or an event. */
export interface RecordSyntax extends Placed {
  readonly kind: "record";
  readonly fields: readonly FieldSyntax[];
}

/** An expression. */
export type ExpressionSyntax =
  | Placed & { readonly kind: "number"; readonly value: bigint }
  | Placed & { readonly kind: "boolean"; readonly value: boolean }
  | Placed & { readonly kind: "text"; readonly value: string }
  | Placed & { readonly kind: "undefined" }
  | Placed & { readonly kind: "name"; readonly name: string }
  | Placed & { readonly kind: "member"; readonly of: ExpressionSyntax; readonly name: string }
  | Placed & { readonly kind: "index"; readonly of: ExpressionSyntax; readonly index: ExpressionSyntax }
  | Placed & {
    readonly kind: "call";
    readonly callee: ExpressionSyntax;
    readonly arguments: readonly ExpressionSyntax[];
  }
  | Placed & { readonly kind: "unary"; readonly operator: "-" | "~" | "!"; readonly of: ExpressionSyntax }
  | Placed & {
    readonly kind: "arithmetic";
    readonly operator: Arithmetic;
    readonly left: ExpressionSyntax;
    readonly right: ExpressionSyntax;
  }
  | Placed & {
    readonly kind: "comparison";
    readonly operator: Comparison;
    readonly left: ExpressionSyntax;
    readonly right: ExpressionSyntax;
  }
  | Placed & {
    readonly kind: "logic";
    readonly operator: "&&" | "||" | "??";
    readonly left: ExpressionSyntax;
    readonly right: ExpressionSyntax;
  }
  | Placed & {
    readonly kind: "choice";
    readonly condition: ExpressionSyntax;
    readonly then: ExpressionSyntax;
    readonly otherwise: ExpressionSyntax;
  }
  | Placed & { readonly kind: "sequence"; readonly parts: readonly ExpressionSyntax[] }
  | Placed & {
    readonly kind: "assignment";
    readonly target: ExpressionSyntax;
    /** Of `+=` and its like. */
    readonly operator?: Arithmetic;
    readonly value: ExpressionSyntax;
    /** Whether the value is that from before, as of `i++`. */
    readonly before?: true;
  }
  | Placed & { readonly kind: "list"; readonly items: readonly ExpressionSyntax[] }
  | InnerFunctionSyntax
  | RecordSyntax;

/** A function that another calls. */
export type InnerFunctionSyntax = Placed & {
  readonly kind: "function";
  readonly parameters: readonly string[];
  readonly body: readonly StatementSyntax[];
};

/** A statement. */
export type StatementSyntax =
  | Placed & {
    readonly kind: "declaration";
    readonly name: string;
    readonly value: ExpressionSyntax | undefined;
    /** Whether nothing may assign to it. */
    readonly constant: boolean;
    /** Whether something does. */
    readonly changes: boolean;
  }
  | Placed & { readonly kind: "expression"; readonly expression: ExpressionSyntax }
  | Placed & {
    readonly kind: "if";
    readonly condition: ExpressionSyntax;
    readonly then: readonly StatementSyntax[];
    readonly otherwise: readonly StatementSyntax[];
  }
  | Placed & {
    readonly kind: "loop";
    readonly first: readonly StatementSyntax[];
    readonly condition: ExpressionSyntax | undefined;
    readonly update: ExpressionSyntax | undefined;
    readonly body: readonly StatementSyntax[];
    readonly label: string | undefined;
    /** Whether the condition is looked at behind the body. */
    readonly bodyFirst: boolean;
  }
  /** The body for each element of a list. */
  | Placed & {
    readonly kind: "each";
    /** What the element is called in the body. */
    readonly name: string;
    readonly of: ExpressionSyntax;
    readonly body: readonly StatementSyntax[];
    readonly label: string | undefined;
  }
  /** With a label, break leaves it. */
  | Placed & { readonly kind: "block"; readonly body: readonly StatementSyntax[]; readonly label?: string }
  /** Without a label, of the innermost loop. */
  | Placed & { readonly kind: "break" | "continue"; readonly label: string | undefined }
  | Placed & { readonly kind: "return"; readonly value: ExpressionSyntax | undefined };

/** The names that stand for something from outside of the function. */
export interface BindingSyntax extends Placed {
  /** The name inside of the function. */
  readonly name: string;
  /** What it stands for: `context`, `context.pid`, `shared`, `shared.calls`. */
  readonly path: readonly [root: "context" | "shared", ...members: string[]];
}

/** A kernel function. */
export interface FunctionSyntax extends Placed {
  readonly bindings: readonly BindingSyntax[];
  readonly body: readonly StatementSyntax[];
}
