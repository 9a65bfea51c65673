/**
 * Arrays and functions in names of C++.
 *
 * @module
 */
import { Node, printList } from "./_cxx_nodes.ts";
import type { Output } from "./_demangled.ts";

/** An array, with the text or node of its size. */
export class ArrayType extends Node {
  readonly #element: Node;
  readonly #size: string | Node;

  constructor(element: Node, size: string | Node) {
    super();
    this.#element = element;
    this.#size = size;
  }

  left(out: Output): void {
    this.#element.left(out);
  }

  override right(out: Output): void {
    out.add(out.text.endsWith("]") ? "[" : " [");
    if (typeof this.#size === "string") out.add(this.#size);
    else this.#size.print(out);
    out.add("]");
    this.#element.right(out);
  }

  override shape(): "array" {
    return "array";
  }
}

/** The type of a function, or with a name the function itself. */
export class FunctionType extends Node {
  readonly #result: Node | undefined;
  /** Of the function itself. */
  readonly name: Node | undefined;
  readonly #parameters: readonly Node[];
  readonly #qualifiers: string | Node;

  constructor(
    result: Node | undefined,
    parameters: readonly Node[],
    qualifiers: string | Node,
    name?: Node,
  ) {
    super();
    this.#result = result;
    this.#parameters = parameters;
    this.#qualifiers = qualifiers;
    this.name = name;
  }

  left(out: Output): void {
    if (this.#result) {
      this.#result.left(out);
      if (!this.#result.isOpen(out)) out.add(" ");
    }
    this.name?.print(out);
  }

  override right(out: Output): void {
    out.add("(");
    printList(out, this.#parameters);
    out.add(")");
    if (typeof this.#qualifiers === "string") out.add(this.#qualifiers);
    else this.#qualifiers.print(out);
    this.#result?.right(out);
  }

  override shape(): "function" {
    return "function";
  }
}
