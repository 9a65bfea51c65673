/**
 * The memory of the virtual machine: regions in one address space of 64 bits.
 *
 * The upper half of an address says which region, the lower half where in it: an access costs one look into an array, and
 * whatever leaves its region is noticed. The halves look like those of addresses of the kernel.
 */

/** The upper half of the addresses of the first region. */
const FIRST = 0xffff_8001 | 0;

/** Lower halves from here on are taken for places before the next region. */
const BELOW = 0xf000_0000;

/** What a program did that the verifier would not let it; the machine adds where. Tests see it as what it is: out of range. */
export class Fault extends RangeError {}

/** Bytes that programs reach at addresses of their own. */
export interface Region {
  /** For messages: `the stack`. */
  readonly name: string;
  bytes: Uint8Array;
  view: DataView;
  /** The first byte that may be reached. */
  start: number;
  /** After the last byte that may be reached. */
  end: number;
  /** How far elements are apart, of which none may be left; 0 where there are none. */
  readonly stride: number;
  /** The bytes of an element. */
  readonly element: number;
  readonly writable: boolean;
  /** Fields of 32 bits that programs find pointers of 64 bits in, by their offsets: where these point to. */
  readonly pointers?: ReadonlyMap<number, () => number>;
  /** The upper half of what {@linkcode Region.pointers} point to. */
  readonly target?: number;
  /** What the address stands for, where it is of no bytes. */
  readonly object?: unknown;
}

/** Makes a region of bytes. */
export function region(name: string, bytes: Uint8Array, more: Partial<Region> = {}): Region {
  return {
    name,
    bytes,
    view: viewOf(bytes),
    start: 0,
    end: bytes.length,
    stride: 0,
    element: 0,
    writable: true,
    ...more,
  };
}

/** The view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** An address from its halves. */
export function toAddress(hi: number, lo: number): bigint {
  return BigInt.asUintN(64, BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

/** All regions. */
export class Memory {
  readonly #regions: Region[] = [];

  /** Adds a region, and gives the upper half of its addresses. */
  add(added: Region): number {
    return (FIRST + this.#regions.push(added) - 1) | 0;
  }

  /** How many regions there are. */
  get size(): number {
    return this.#regions.length;
  }

  /** Forgets the regions that were added after there were `size`. */
  shrink(size: number): void {
    this.#regions.length = Math.min(size, this.#regions.length);
  }

  /** The region of addresses with an upper half. */
  at(hi: number): Region | undefined {
    return this.#regions[(hi - FIRST) >>> 0];
  }

  /** Forgets one region, whose addresses mean nothing from then on. */
  remove(hi: number, name: string): void {
    this.#regions[(hi - FIRST) >>> 0] = region(name, new Uint8Array(0));
  }

  /**
   * The region that has all of an access.
   *
   * @throws {Fault} None has.
   */
  locate(hi: number, lo: number, size: number, write: boolean): Region {
    const found = this.#regions[(hi - FIRST) >>> 0];
    const at = lo >>> 0;
    if (found === undefined || at < found.start || at + size > found.end || (write && !found.writable)) {
      throw new Fault(this.#explain(hi, lo, size, write));
    }
    if (found.stride !== 0 && at % found.stride + size > found.element) {
      throw new Fault(this.#explain(hi, lo, size, write));
    }
    return found;
  }

  /** Whether {@linkcode Memory.locate} would find a region. */
  has(hi: number, lo: number, size: number, write: boolean): boolean {
    const found = this.#regions[(hi - FIRST) >>> 0];
    const at = lo >>> 0;
    return found !== undefined && at >= found.start && at + size <= found.end && (!write || found.writable) &&
      (found.stride === 0 || at % found.stride + size <= found.element);
  }

  #explain(hi: number, lo: number, size: number, write: boolean): string {
    const what = `${write ? "writes" : "reads"} ${size} ${size === 1 ? "byte" : "bytes"}`;
    const at = lo >>> 0;
    const after = at >= BELOW ? this.at((hi + 1) | 0) : undefined;
    if (after !== undefined) {
      return `${what} at offset ${at - 0x1_0000_0000} of ${after.name}, before where it starts`;
    }
    const found = this.at(hi);
    if (found === undefined) {
      if (hi === 0 && at < 4096) return `${what} at ${at}: a null pointer`;
      return `${what} at 0x${toAddress(hi, lo).toString(16)}, where nothing is`;
    }
    if (found.end === 0) return `${what} of ${found.name}, which has no bytes to reach`;
    if (write && !found.writable) return `${what} of ${found.name}, which is read-only`;
    const within = found.stride === 0 ? at - found.start : at % found.stride;
    const length = found.stride === 0 ? found.end - found.start : found.element;
    return `${what} at offset ${within} of ${found.name}, which has ${length} bytes`;
  }
}
