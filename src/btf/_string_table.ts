const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A string section in the making, which has each string once. */
export class StringTable {
  readonly #offsets: Map<string, number> = new Map([["", 0]]);
  readonly #firstOffset: number;
  /** The section, with room for more after it. */
  #bytes: Uint8Array = new Uint8Array(1024);
  #length = 0;

  /**
   * @param firstOffset Where the strings of the base end; 0 without a base.
   * @param section A string section to start with, whose strings keep their offsets.
   */
  constructor(firstOffset: number, section?: Uint8Array) {
    this.#firstOffset = firstOffset;
    if (section !== undefined) this.#start(section);
    else if (firstOffset === 0) this.#length = 1;
  }

  #start(section: Uint8Array): void {
    this.#reserve(section.length);
    this.#bytes.set(section);
    this.#length = section.length;
    let start = 0;
    for (let end = section.indexOf(0); end >= 0; end = section.indexOf(0, start)) {
      const text = decoder.decode(section.subarray(start, end));
      if (!this.#offsets.has(text)) this.#offsets.set(text, this.#firstOffset + start);
      start = end + 1;
    }
  }

  /** The section as it is now, without that of the base. */
  get section(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The offset of a string, which is added where it is new. */
  add(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      if (text.includes("\0")) {
        throw new TypeError(`Cannot put ${JSON.stringify(text)} into BTF: it has a NUL`);
      }
      offset = this.#firstOffset + this.#length;
      this.#offsets.set(text, offset);
      // At most 3 bytes a UTF-16 unit, and the NUL
      this.#reserve(text.length * 3 + 1);
      const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length));
      this.#length += written + 1;
    }
    return offset;
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.section);
    this.#bytes = grown;
  }
}
