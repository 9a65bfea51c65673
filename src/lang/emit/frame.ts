/**
 * The stack of a program.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";

/** `MAX_BPF_STACK`. */
const STACK_SIZE = 512;
const SLOT = 8;

/** Which bytes of the stack are in use. Offsets are from r10, below 0, in slots of 8 bytes. */
export class Frame {
  #used = 0;

  /**
   * Room for so many bytes, until what is around it is left; its offset.
   *
   * @throws {Fault} The stack is full.
   */
  allocate(size: number, place: Place): number {
    this.#used += Math.ceil(size / SLOT) * SLOT;
    if (this.#used > STACK_SIZE) {
      throw new Fault(
        place,
        `with this the function needs ${this.#used} bytes of stack, and has ${STACK_SIZE}`,
        "put texts into the event where they are sent, or make them shorter",
      );
    }
    return -this.#used;
  }

  /** Does something, and gives back the room that was taken for it. */
  within<T>(body: () => T): T {
    const used = this.#used;
    try {
      return body();
    } finally {
      this.#used = used;
    }
  }
}
