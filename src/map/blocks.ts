/**
 * All elements of a map, block by block, as bytes.
 *
 * The kernel hands blocks out where it can (`BPF_MAP_LOOKUP_BATCH`, Linux 5.6); elsewhere they are put together key by
 * key. Hash maps go on by the number of a bucket, so that each element comes once whatever happens meanwhile. All others
 * go on after a key, and begin anew where that was removed: then what came already is left out.
 *
 * @module
 */
import { IterationError, NotSupportedError } from "../errors.ts";
import { allocate, type BatchCommand, ERRNO } from "../sys/mod.ts";
import { elementError } from "./explain.ts";
import type { ElementAccess, MapHandle } from "./handle.ts";
import { SeenKeys } from "./seen_keys.ts";

/** A map whose elements are listed. */
export interface Listed extends Pick<MapHandle, "name" | "facts" | "element" | "batch"> {
  /** Of a value as system calls see it, in bytes. */
  readonly valueSize: number;
}

/** Some elements, one after the other. The next block is put in the same place. */
export interface Block {
  readonly count: number;
  readonly keys: DataView;
  readonly values: DataView;
}

/** About how many bytes a block has at most unless its number of elements is given. */
const BLOCK_BYTES = 1 << 16;
const FEWEST = 16;
/** How many elements the first block has at most: most maps are small, and all memory is zeroed before it is used. */
const FIRST = 128;
const GROWTH = 8;
/** How often in a row the kernel may be interrupted without an element: it gives up on buckets that change (`-EINTR`). */
const PATIENCE = 100;
/** How many times a map's size may be listed, doubles among it, before it is given up. */
const MOST_ROUNDS = 16;
/** How many keys are tried for one that is still there. */
const MOST_STEPS_BACK = 64;

const BUCKETS: ReadonlySet<string> = new Set([
  "hash",
  "lru_hash",
  "percpu_hash",
  "lru_percpu_hash",
  "hash_of_maps",
]);
const NEVER_REMOVED: ReadonlySet<string> = new Set(["array", "percpu_array", "insn_array", "array_of_maps"]);

/**
 * The blocks of a map; with `take`, each is removed from the map by the same step.
 *
 * @param size How many elements a block has at most.
 *
 * @throws {IterationError} Elements are removed and added faster than they can be listed.
 */
export function* readBlocks(
  map: Listed,
  { size, take = false }: { readonly size?: number; readonly take?: boolean } = {},
): Generator<Block, void, void> {
  const reader = new BlockReader(map, size, take ? "MAP_LOOKUP_AND_DELETE_BATCH" : "MAP_LOOKUP_BATCH");
  const { maxEntries, keySize } = map.facts;
  let seen: SeenKeys | undefined;
  for (let listed = 0; !reader.done;) {
    reader.read();
    listed += reader.count;
    if (reader.mayBeginAnew) (seen ??= new SeenKeys(keySize)).leaveOut(reader);
    if (reader.count > 0) yield reader;
    if (seen && !reader.done) reader.keepPlace(seen);
    if (seen && listed > MOST_ROUNDS * maxEntries + FIRST) {
      throw new IterationError(
        `Cannot list all of map "${map.name}": elements are removed and added faster than they can be listed`,
      );
    }
  }
}

/** How many elements make a block of a handy size. */
export function sizeFor({ facts, valueSize }: Listed): number {
  const fit = Math.floor(BLOCK_BYTES / (facts.keySize + valueSize));
  return Math.max(FEWEST, Math.min(fit, facts.maxEntries));
}

/** Fills one block after the other. */
class BlockReader implements Block {
  count = 0;
  done = false;
  keys!: DataView;
  values!: DataView;
  readonly #map: Listed;
  readonly #command: BatchCommand;
  /** Where to go on: the number of a bucket, or a key. */
  #cursor!: Uint8Array<ArrayBuffer>;
  #single: ElementAccess | undefined;
  #size: number;
  /** Up to which size blocks grow. */
  readonly #largest: number;
  #begun = false;
  #batches = true;

  constructor(map: Listed, size: number | undefined, command: BatchCommand) {
    this.#map = map;
    this.#largest = size ?? sizeFor(map);
    this.#size = size ?? Math.min(FIRST, this.#largest);
    this.#command = command;
    this.#allocate();
  }

  /** For what is done key by key; made when needed, since it takes longer than to list a small map. */
  get #element(): ElementAccess {
    return this.#single ??= this.#map.element(this.#map.facts.keySize, this.#map.valueSize);
  }

  /** One buffer for all: each takes a microsecond to make. */
  #allocate(): void {
    const { facts: { keySize }, valueSize } = this.#map;
    const [keysLength, valuesLength] = [this.#size * keySize, this.#size * valueSize];
    const { buffer } = allocate(keysLength + valuesLength + Math.max(keySize, 4));
    this.keys = new DataView(buffer, 0, keysLength);
    this.values = new DataView(buffer, keysLength, valuesLength);
    const cursor = new Uint8Array(buffer, keysLength + valuesLength);
    if (this.#begun) cursor.set(this.#cursor);
    this.#cursor = cursor;
  }

  /** Whether the kernel goes on after a key, which may be removed meanwhile. */
  get mayBeginAnew(): boolean {
    const { type } = this.#map.facts;
    return !NEVER_REMOVED.has(type) && !(this.#batches && BUCKETS.has(type));
  }

  /** Reads the next block; sets `done` after the last. */
  read(): void {
    if (this.#begun && this.#size < this.#largest) {
      this.#size = Math.min(GROWTH * this.#size, this.#largest);
      this.#allocate();
    }
    this.count = 0;
    const result = this.#batches ? this.#readBatch() : this.#readKeys();
    if (result === 0) return;
    this.done = true;
    if (result !== -ERRNO.ENOENT) {
      throw elementError(this.#command === "MAP_LOOKUP_BATCH" ? "list" : "take", this.#map.name, result);
    }
  }

  /**
   * Makes sure that the next block goes on where this one ends: where the key at the end is removed, after one before it
   * that is still there, so that little comes again. Where none is, the kernel begins anew.
   */
  keepPlace(seen: SeenKeys): void {
    const cursor = this.#cursor.subarray(0, this.#map.facts.keySize);
    if (this.#has(cursor)) return;
    seen.suspect();
    for (const key of seen.latest(MOST_STEPS_BACK)) {
      if (this.#has(key)) return cursor.set(key);
    }
  }

  /** Whether a key is there. */
  #has(key: Uint8Array): boolean {
    const element = this.#element;
    const place = bytesOf(element.key);
    place.set(key);
    if (this.#map.facts.type !== "lpm_trie") return element.lookup() === 0;
    // A lookup would find what covers the prefix. The one after a prefix that is not there is the first of all
    if (element.nextKey(false) < 0) return true;
    const next = place.slice();
    return element.nextKey(true) === 0 && place.some((byte, i) => byte !== next[i]);
  }

  #readBatch(): number {
    for (let tries = 0;; tries++) {
      const { result, count } = this.#batch();
      switch (-result) {
        case ERRNO.ENOTSUPP:
        case ERRNO.EINVAL: // Linux before 5.6
          if (this.#begun) return result;
          if (this.#command !== "MAP_LOOKUP_BATCH") throw noBatches(this.#map.name);
          this.#batches = false;
          return this.#readKeys();
        case ERRNO.ENOSPC: // a bucket has more elements than the block
          if (this.#size > 2 * this.#map.facts.maxEntries) return result;
          this.#size *= 2;
          this.#allocate();
          continue;
        case ERRNO.EINTR:
        case ERRNO.EAGAIN:
          if (count === 0 && tries < PATIENCE) continue;
          if (count === 0) return result;
          break;
        case 0:
        case ERRNO.ENOENT:
          break;
        default:
          return result;
      }
      this.#begun = true;
      this.count = count;
      return result === -ERRNO.ENOENT ? result : 0;
    }
  }

  #batch(): { readonly result: number; readonly count: number } {
    return this.#map.batch(this.#command, {
      in_batch: this.#begun ? this.#cursor : 0,
      out_batch: this.#cursor,
      keys: bytesOf(this.keys),
      values: bytesOf(this.values),
      count: this.#size,
    });
  }

  #readKeys(): number {
    const element = this.#element;
    const [key, value] = [bytesOf(element.key), bytesOf(element.value)];
    const [keys, values] = [bytesOf(this.keys), bytesOf(this.values)];
    if (this.#begun) key.set(this.#cursor.subarray(0, key.length));
    while (this.count < this.#size) {
      const next = element.nextKey(!this.#begun);
      if (next < 0) return next;
      this.#begun = true;
      this.#cursor.set(key);
      const found = element.lookup();
      if (found === -ERRNO.ENOENT) continue; // empty, or removed since
      if (found < 0) return found;
      keys.set(key, this.count * key.length);
      values.set(value, this.count * value.length);
      this.count++;
    }
    return 0;
  }
}

function noBatches(map: string): NotSupportedError {
  return new NotSupportedError(
    `Cannot take many elements of map "${map}" at once: this kernel cannot with maps of this type: ` +
      "they came with Linux 5.6: take them one by one",
  );
}

function bytesOf(view: DataView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}
