/** Maps of kinds that are not modelled: helpers of the test may know what to do with them. */
import { Fault, type Region, region } from "./_memory.ts";
import type { Shape, Store } from "./_store.ts";

/** A map that has no elements, and says so. */
export class OpaqueStore implements Store {
  readonly values: Region = region("a map that is not modelled", new Uint8Array(0));
  readonly size = 0;
  readonly #shape: Shape;

  /** Makes one that nothing can be done with. */
  constructor(shape: Shape) {
    this.#shape = shape;
  }

  find(): number {
    throw this.#refusal("looks up");
  }

  update(): number {
    throw this.#refusal("sets");
  }

  remove(): number {
    throw this.#refusal("removes");
  }

  keys(): Iterable<Uint8Array> {
    return [];
  }

  #refusal(action: string): Fault {
    const { name, type } = this.#shape;
    return new Fault(
      `${action} an element of map "${name}", whose type ${type} the virtual machine does not model`,
    );
  }
}
