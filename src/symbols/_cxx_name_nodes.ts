/**
 * Names of C++ in scopes, with tags, and in full.
 *
 * @module
 */
import { type Node, Sequence, type Text } from "./_cxx_nodes.ts";

/** The full name of what the standard library has a short one for. */
export class Full extends Sequence {
  readonly #of: Text;

  constructor(of: Text) {
    super(of.full);
    this.#of = of;
  }

  override get base(): Node {
    return this.#of.base;
  }
}

/** A name with a tag, which constructors have not in theirs. */
export class Tagged extends Sequence {
  readonly #name: Node;

  constructor(name: Node, tag: Node) {
    super(name, "[abi:", tag, "]");
    this.#name = name;
  }

  override get base(): Node {
    return this.#name.base;
  }
}

/** A name in a scope, if there is one. */
export function joined(scope: Node | undefined, name: Node): Node {
  return scope ? new Sequence(scope, "::", name) : name;
}
