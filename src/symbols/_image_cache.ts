/**
 * Images by the files they are of, so that processes share them, within a bound of memory.
 *
 * @module
 */
import type { AddressTable } from "./_address_table.ts";
import type { Image } from "./_image.ts";

/** How many files are known at most; their functions are bounded by their memory. */
const MOST_IMAGES = 4096;

/** Images by what says which file it is. */
export class ImageCache {
  readonly #images = new Map<string, Image>();
  /** Those whose functions are in memory. */
  readonly #read = new Set<Image>();
  readonly #mostBytes: number;
  #uses = 0;

  /** `mostBytes` is what the functions of all may take; one alone may take more. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The image of a file. */
  get(key: string, make: () => Image): Image {
    const known = this.#images.get(key);
    if (known) return known;
    if (this.#images.size >= MOST_IMAGES) {
      const [oldest] = [...this.#images].sort(([, a], [, b]) => a.lastUse - b.lastUse);
      if (oldest) this.#images.delete(oldest[0]);
    }
    const image = make();
    this.#images.set(key, image);
    return image;
  }

  /** The functions of an image, for which those that were not used for longest are forgotten. */
  functions(image: Image): AddressTable | undefined {
    image.lastUse = ++this.#uses;
    if (!image.unread) return image.functions;
    const { functions } = image;
    this.#read.add(image);
    this.#shrink(image);
    return functions;
  }

  /** Images of a build id. */
  ofBuildId(id: string): Image | undefined {
    return [...this.#images.values()].find(({ buildId }) => buildId === id);
  }

  /** Memory that the functions take, in bytes. */
  get size(): number {
    return [...this.#read].reduce((sum, { size }) => sum + size, 0);
  }

  /** Forgets all. */
  clear(): void {
    this.#images.clear();
    this.#read.clear();
  }

  #shrink(used: Image): void {
    let size = this.size;
    if (size <= this.#mostBytes) return;
    for (const image of [...this.#read].sort((a, b) => a.lastUse - b.lastUse)) {
      if (size <= this.#mostBytes) return;
      if (image === used) continue;
      size -= image.size;
      image.forget();
      this.#read.delete(image);
    }
  }
}
