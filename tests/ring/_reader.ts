/**
 * A program that reads a user ring buffer.
 *
 * @module
 */
import { bytes, type Codec, struct, u32 } from "../../src/codec/mod.ts";
import { array } from "../../src/map/mod.ts";
import { type BpfObject, load } from "../../src/object/mod.ts";
import { userRing, type UserRingBuffer } from "../../src/ring/mod.ts";
import { fixture } from "../_bpf.ts";
import { PACKET } from "./_elsewhere.ts";

/** A reader of up to 256 messages, and the ring buffer that it reads. */
export class Reader implements AsyncDisposable {
  readonly #object: BpfObject;
  #read = 0;

  private constructor(object: BpfObject) {
    this.#object = object;
  }

  /** Loads the program. */
  static async open(): Promise<Reader> {
    return new Reader(await load(fixture("user_ring")));
  }

  /** The ring buffer, with messages of a type. */
  ring<T>(codec: Codec<T>): UserRingBuffer<T> {
    return this.#object.maps.get("commands", userRing(codec));
  }

  /** Has the program read messages; gives the first 64 bytes of each. */
  read(most = 255): Uint8Array[] {
    const { returnValue } = this.#object.programs.get("read").run({ data: PACKET.with(0, most) });
    const messages = this.#object.maps.get("messages", array(struct({ size: u32, data: bytes(64) })));
    const from = this.#read;
    this.#read += returnValue;
    return Array.from({ length: returnValue }, (_, i) => {
      const { size, data } = messages.get(from + i);
      return data.subarray(0, size);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#object[Symbol.asyncDispose]();
  }
}
