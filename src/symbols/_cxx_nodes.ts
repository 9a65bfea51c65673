/**
 * What names of C++ are made of. Types stand on both sides of what has them: `int (*` name `)(char)`.
 *
 * @module
 */
import type { Output } from "./_demangled.ts";

/** What the right side of a type is of. */
export type Shape = "plain" | "array" | "function";

/** A part of a name. */
export abstract class Node {
  /** Writes what stands before the declared name, or all. */
  abstract left(out: Output): void;

  /** Writes what stands behind it. */
  right(_out: Output): void {}

  /** What its right side is of, which decides about spaces and brackets. */
  shape(_out: Output): Shape {
    return "plain";
  }

  /** Whether anything stands behind the declared name. */
  isOpen(out: Output): boolean {
    return this.shape(out) !== "plain";
  }

  /** Writes all of it. */
  print(out: Output): void {
    out.within(() => {
      this.left(out);
      this.right(out);
    });
  }

  /** Its last part, of which constructors have their name. */
  get base(): Node {
    return this;
  }
}

/** Texts and parts after each other. */
export class Sequence extends Node {
  readonly parts: readonly (string | Node)[];

  /** The last part is the base. */
  constructor(...parts: readonly (string | Node)[]) {
    super();
    this.parts = parts;
  }

  left(out: Output): void {
    for (const part of this.parts) {
      if (typeof part === "string") out.add(part);
      else part.print(out);
    }
  }

  override get base(): Node {
    const last = this.parts.at(-1);
    return last instanceof Node ? last.base : this;
  }
}

/** A text; `long` is what it stands for in names of constructors. */
export class Text extends Node {
  readonly #text: string;
  readonly #long: readonly [full: string, name: string] | undefined;

  constructor(text: string, long?: readonly [full: string, name: string]) {
    super();
    this.#text = text;
    this.#long = long;
  }

  left(out: Output): void {
    out.add(this.#text);
  }

  /** As it is written before constructors. */
  get full(): Node {
    return this.#long ? new Text(this.#long[0]) : this;
  }

  override get base(): Node {
    return this.#long ? new Text(this.#long[1]) : this;
  }
}

/** A name with arguments of a template. */
export class Template extends Node {
  readonly #name: Node;
  readonly #args: Node;

  constructor(name: Node, args: Node) {
    super();
    this.#name = name;
    this.#args = args;
  }

  left(out: Output): void {
    this.#name.print(out);
    if (out.text.endsWith("<")) out.add(" "); // operator<
    this.#args.print(out);
  }

  override get base(): Node {
    return this.#name.base;
  }
}

/** Arguments of a template. */
export class Arguments extends Node {
  readonly #list: readonly Node[];

  constructor(list: readonly Node[]) {
    super();
    this.#list = list;
  }

  left(out: Output): void {
    out.add("<");
    printList(out, this.#list);
    if (out.text.endsWith(">")) out.add(" ");
    out.add(">");
  }
}

/** Writes nodes with commas between those that write anything. */
export function printList(out: Output, list: readonly Node[]): void {
  let isFirst = true;
  for (const node of list) {
    const before = out.text;
    if (!isFirst) out.add(", ");
    const start = out.text;
    node.print(out);
    if (out.text === start) out.text = before;
    else isFirst = false;
  }
}

/** A name in a scope, or of several parts. */
export class Scoped extends Sequence {}

/** The type of what there is none of; alone as a parameter, of none. */
export const VOID: Node = new Text("void");

/** Nodes with commas between. */
export class Joined extends Node {
  readonly #list: readonly Node[];

  constructor(list: readonly Node[]) {
    super();
    this.#list = list;
  }

  left(out: Output): void {
    printList(out, this.#list);
  }
}
