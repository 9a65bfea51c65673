/**
 * Parameters of templates in names of C++, and types that depend on what they stand for.
 *
 * @module
 */
import { Node, printList, type Shape } from "./_cxx_nodes.ts";
import type { Output } from "./_demangled.ts";

/** Several arguments for one parameter. */
export class Pack extends Node {
  readonly list: readonly Node[];

  constructor(list: readonly Node[]) {
    super();
    this.list = list;
  }

  left(out: Output): void {
    printList(out, this.list);
  }
}

/** A parameter that has several arguments: where it is repeated for each, the one whose turn it is. */
export class PackParameter extends Node {
  readonly #pack: Pack;

  constructor(pack: Pack) {
    super();
    this.#pack = pack;
  }

  left(out: Output): void {
    if (out.packIndex < 0) this.#pack.left(out);
    else this.#closed(out, (element) => element.left(out));
  }

  override right(out: Output): void {
    if (out.packIndex >= 0) this.#closed(out, (element) => element.right(out));
  }

  override shape(out: Output): Shape {
    return this.element(out)?.shape(out) ?? "plain";
  }

  override isOpen(out: Output): boolean {
    return this.element(out)?.isOpen(out) ?? false;
  }

  /** The one that is written. */
  element(out: Output): Node | undefined {
    out.packSize = this.#pack.list.length;
    return this.#pack.list[Math.max(out.packIndex, 0)];
  }

  /** Packs in the element are not of the same turn. */
  #closed(out: Output, write: (element: Node) => void): void {
    const element = this.element(out);
    if (!element) return;
    const { packIndex, packSize } = out;
    out.packIndex = -1;
    write(element);
    [out.packIndex, out.packSize] = [packIndex, packSize];
  }
}

/** What is repeated for each element of a pack. */
export class Expansion extends Node {
  readonly #pattern: Node;

  constructor(pattern: Node) {
    super();
    this.#pattern = pattern;
  }

  left(out: Output): void {
    const { packIndex, packSize } = out;
    const before = out.text;
    [out.packIndex, out.packSize] = [0, -1];
    this.#pattern.print(out);
    const size = out.packSize;
    if (size < 0) out.add("...");
    if (size === 0) out.text = before;
    for (out.packIndex = 1; out.packIndex < size; out.packIndex++) {
      out.add(", ");
      this.#pattern.print(out);
    }
    [out.packIndex, out.packSize] = [packIndex, packSize];
  }
}

/** The parameters of a lambda. */
export class LambdaParameters extends Node {
  readonly #list: readonly Node[];

  constructor(list: readonly Node[]) {
    super();
    this.#list = list;
  }

  left(out: Output): void {
    const before = out.inLambda;
    out.inLambda = true;
    printList(out, this.#list);
    out.inLambda = before;
  }
}

/** A type with a text behind it: ` const`. */
export class Qualified extends Node {
  readonly #type: Node;
  readonly #qualifiers: string;

  constructor(type: Node, qualifiers: string) {
    super();
    this.#type = type;
    this.#qualifiers = qualifiers;
  }

  left(out: Output): void {
    this.#type.left(out);
    // Of functions they stand behind the parameters
    if (this.#type.shape(out) !== "function" && !this.#isSaid(out)) out.add(this.#qualifiers);
  }

  override right(out: Output): void {
    this.#type.right(out);
    if (this.#type.shape(out) === "function") out.add(this.#qualifiers);
  }

  override shape(out: Output): Shape {
    return this.#type.shape(out);
  }

  override isOpen(out: Output): boolean {
    return this.#type.isOpen(out);
  }

  /** Whether the type has the same already. */
  #isSaid(out: Output): boolean {
    const inner = resolved(this.#type, out);
    return inner instanceof Qualified && inner.#qualifiers === this.#qualifiers;
  }
}

/** A pointer or reference, by its sign, or a pointer to a member with the class before it. */
export class Pointer extends Node {
  readonly type: Node;
  readonly sign: string;
  readonly #of: Node | undefined;

  constructor(type: Node, sign: string, of?: Node) {
    super();
    this.type = type;
    this.sign = sign;
    this.#of = of;
  }

  left(out: Output): void {
    const [type, sign] = this.#collapsed(out);
    type.left(out);
    const shape = type.shape(out);
    if (shape !== "plain") out.add(shape === "array" ? " (" : "(");
    else if (this.#of) out.add(" ");
    this.#of?.print(out);
    out.add(sign);
  }

  override right(out: Output): void {
    const [type] = this.#collapsed(out);
    if (type.shape(out) !== "plain") out.add(")");
    type.right(out);
  }

  override isOpen(out: Output): boolean {
    const [type] = this.#collapsed(out);
    return type.isOpen(out);
  }

  /** References to references are one: `&` unless both are `&&`. */
  #collapsed(out: Output): [type: Node, sign: string] {
    let [type, { sign }]: [Node, { sign: string }] = [this.type, this];
    for (let depth = 0; sign.startsWith("&") && depth < 100; depth++) {
      const inner = resolved(type, out);
      if (!(inner instanceof Pointer) || !inner.sign.startsWith("&")) break;
      type = inner.type;
      if (inner.sign === "&") sign = "&";
    }
    return [type, sign];
  }
}

/** What a parameter of a template stands for. */
function resolved(node: Node, out: Output): Node {
  if (node instanceof Parameter) return node.argument ?? node;
  return node instanceof PackParameter ? node.element(out) ?? node : node;
}

/** A parameter of a template whose argument comes later, or is none, as of lambdas. */
export class Parameter extends Node {
  readonly #index: number;
  readonly #isOfLambda: boolean;
  /** All of the template, once they are known. */
  list: readonly Node[];

  constructor(index: number, list: readonly Node[], isOfLambda: boolean) {
    super();
    this.#index = index;
    this.list = list;
    this.#isOfLambda = isOfLambda;
  }

  /** What it stands for. */
  get argument(): Node | undefined {
    return this.list[this.#index];
  }

  left(out: Output): void {
    if (this.#isAuto(out)) out.add(`auto:${this.#index + 1}`);
    else out.within(() => this.argument?.left(out));
  }

  override right(out: Output): void {
    if (!this.#isAuto(out)) out.within(() => this.argument?.right(out));
  }

  override shape(out: Output): Shape {
    let shape: Shape = "plain";
    if (!this.#isAuto(out)) out.within(() => shape = this.argument?.shape(out) ?? "plain");
    return shape;
  }

  override isOpen(out: Output): boolean {
    let isOpen = false;
    if (!this.#isAuto(out)) out.within(() => isOpen = this.argument?.isOpen(out) ?? false);
    return isOpen;
  }

  #isAuto(out: Output): boolean {
    return this.#isOfLambda && (out.inLambda || !this.argument);
  }
}
