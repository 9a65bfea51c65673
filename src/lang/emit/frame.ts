/**
 * The stack of a program.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";

/** `MAX_BPF_STACK`. */
const STACK_SIZE = 512;
const SLOT = 8;

/** How many variables a message names. */
const MOST_NAMED = 3;

interface Room {
  readonly size: number;
  /** Of the variable that it is for; those that the compiler makes have none. */
  readonly name: string | undefined;
}

/** Which bytes of the stack are in use. Offsets are from r10, below 0, in slots of 8 bytes. */
export class Frame {
  #used = 0;
  #most = STACK_SIZE;
  #rooms: Room[] = [];

  /**
   * Room for so many bytes, until what is around it is left; its offset. `name` is the variable's that it is for.
   *
   * @throws {Fault} The stack is full; the message names the largest variables on it.
   */
  allocate(size: number, place: Place, name?: string): number {
    const whole = Math.ceil(size / SLOT) * SLOT;
    this.#used += whole;
    this.#rooms.push({ size: whole, name });
    this.#check(place);
    return -this.#used;
  }

  /** Leaves so many bytes to a function that is called. */
  reserve(size: number, place: Place): void {
    this.#most -= size;
    this.#check(place);
  }

  #check(place: Place): void {
    if (this.#used <= this.#most) return;
    throw new Fault(
      place,
      `with this the function needs ${this.#used} bytes of stack, and has ${this.#most}${this.#largest()}`,
      "put texts into the event where they are sent, or make them shorter",
    );
  }

  /** Does something, and gives back the room that was taken for it. */
  within<T>(body: () => T): T {
    const [used, rooms] = [this.#used, this.#rooms.length];
    try {
      return body();
    } finally {
      this.#used = used;
      this.#rooms.length = rooms;
    }
  }

  /** The variables that take the most, the largest first: ` (most for "path": 256, "comm": 16)`. */
  #largest(): string {
    const named = this.#rooms.filter(({ name }) => name).sort((a, b) => b.size - a.size);
    const shown = named.slice(0, MOST_NAMED).map(({ name, size }) => `"${name}": ${size}`);
    return shown.length === 0 ? "" : ` (most for ${shown.join(", ")})`;
  }
}
