/**
 * Keys that a listing has had, for maps whose listing may begin anew.
 *
 * @module
 */

/** Elements that were just read, some of which may have come before. */
interface Elements {
  count: number;
  readonly keys: DataView;
  readonly values: DataView;
}

/** Keeps the bytes of all keys, and tells those that come again once there is reason to suspect some. */
export class SeenKeys {
  readonly #keySize: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;
  #known: Set<string> | undefined;

  /** Keys of this size, in bytes. */
  constructor(keySize: number) {
    this.#keySize = keySize;
  }

  /** From here on keys may come again. */
  suspect(): void {
    if (this.#known) return;
    this.#known = new Set();
    for (let at = 0; at < this.#length; at += this.#keySize) this.#known.add(this.#text(this.#bytes, at));
  }

  /** Up to so many keys, the latest first. */
  *latest(count: number): Generator<Uint8Array, void, void> {
    const keySize = this.#keySize;
    const first = Math.max(0, this.#length - count * keySize);
    for (let at = this.#length - keySize; at >= first; at -= keySize) {
      yield this.#bytes.subarray(at, at + keySize);
    }
  }

  /** Removes from the elements those that came before, and remembers the others. */
  leaveOut(elements: Elements): void {
    const keySize = this.#keySize;
    const keys = new Uint8Array(elements.keys.buffer, elements.keys.byteOffset, elements.count * keySize);
    if (!this.#known && this.#hasFirstAgain(keys)) this.suspect();
    if (this.#known) this.#compact(elements, keys, this.#known);
    this.#keep(keys.subarray(0, elements.count * keySize));
  }

  /** The key that came first of all comes again where the kernel began anew. */
  #hasFirstAgain(keys: Uint8Array): boolean {
    const first = this.#length > 0 ? this.#bytes : keys;
    for (let at = this.#length > 0 ? 0 : this.#keySize; at < keys.length; at += this.#keySize) {
      let same = 0;
      while (same < this.#keySize && keys[at + same] === first[same]) same++;
      if (same === this.#keySize) return true;
    }
    return false;
  }

  #compact(elements: Elements, keys: Uint8Array, known: Set<string>): void {
    const keySize = this.#keySize;
    const { buffer, byteOffset, byteLength } = elements.values;
    const values = new Uint8Array(buffer, byteOffset, byteLength);
    const valueSize = byteLength / (elements.keys.byteLength / keySize);
    let kept = 0;
    for (let i = 0; i < elements.count; i++) {
      const text = this.#text(keys, i * keySize);
      if (known.has(text)) continue;
      known.add(text);
      keys.copyWithin(kept * keySize, i * keySize, (i + 1) * keySize);
      values.copyWithin(kept * valueSize, i * valueSize, (i + 1) * valueSize);
      kept++;
    }
    elements.count = kept;
  }

  #keep(keys: Uint8Array): void {
    if (this.#length + keys.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + keys.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(keys, this.#length);
    this.#length += keys.length;
  }

  #text(bytes: Uint8Array, at: number): string {
    return String.fromCharCode(...bytes.subarray(at, at + this.#keySize));
  }
}
