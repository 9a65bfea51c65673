import type { Place } from "./_places.ts";

/** Places in bytes, or in bits where one is between bytes. */
export function inUnits(...places: number[]): string[] {
  const inBytes = places.every((place) => place % 8 === 0);
  return places.map((place) => inBytes ? `byte ${place / 8}` : `bit ${place}`);
}

/** Where something lies: `bytes 4 to 7`, `bit 3`. */
export function shownExtent({ start, length }: Pick<Place, "start" | "length">): string {
  const inBytes = start % 8 === 0 && length % 8 === 0;
  const [first, last] = inBytes ? [start / 8, (start + length) / 8 - 1] : [start, start + length - 1];
  const unit = inBytes ? "byte" : "bit";
  return last <= first ? `${unit} ${first}` : `${unit}s ${first} to ${last}`;
}

/** How long something is: `4 bytes`, or of bitfields `3 bits`. */
export function shownLength(bits: number, bitfield: boolean): string {
  return bitfield ? `${bits} ${bits === 1 ? "bit" : "bits"}` : shownBytes(bits / 8);
}

/** How many bytes: `4 bytes`. */
export function shownBytes(count: number): string {
  return `${count} ${count === 1 ? "byte" : "bytes"}`;
}
