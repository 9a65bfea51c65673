/** Damages bytes where it tells most. */
import { pick, type Random } from "./_random.ts";

/** Bytes that a parser looks at as records of one size: a header, a table of symbols, the words of types. */
export interface Table {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
  /** Of one record, in bytes. */
  readonly stride: number;
}

/** Sound bytes to damage. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Each is hit as often as the others, however small. */
  readonly tables: readonly Table[];
}

/** Damaged bytes, and what was done to them. */
export interface Mutant {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly changes: readonly string[];
}

/** The whole of some bytes as a table. */
export function whole(bytes: Uint8Array): Table {
  return { start: 0, end: bytes.length, stride: 8 };
}

/** Damages a seed: mostly in one or two places, sometimes in many, and now and then by cutting it off. */
export function mutate(seed: Seed, random: Random): Mutant {
  const bytes = seed.bytes.slice();
  const changes: string[] = [];
  const count = random(16) === 0 ? 8 : 1 + random(3);
  for (let i = 0; i < count; i++) changes.push(pick(random, WAYS)(bytes, seed, random));
  if (random(32) > 0) return { bytes, changes };
  const length = random(bytes.length);
  return { bytes: bytes.slice(0, length), changes: [...changes, `cut to ${length} bytes`] };
}

type Way = (bytes: Uint8Array<ArrayBuffer>, seed: Seed, random: Random) => string;

const WAYS: readonly Way[] = [flipBit, setByte, setWord, setWord, setWord, setWord, swap, copy];

function flipBit(bytes: Uint8Array, seed: Seed, random: Random): string {
  const at = place(seed, random, 1);
  const bit = random(8);
  bytes[at] = (bytes[at] ?? 0) ^ 1 << bit;
  return `flipped bit ${bit} of byte ${at}`;
}

function setByte(bytes: Uint8Array, seed: Seed, random: Random): string {
  const at = place(seed, random, 1);
  const value = pick(random, [0, 1, 0x7f, 0x80, 0xff, random(256), random(32)]);
  bytes[at] = value;
  return `byte ${at} = ${value}`;
}

/** Sets 2, 4 or 8 bytes to what a count, size, offset or id must not be, or to another one that it may be. */
function setWord(bytes: Uint8Array<ArrayBuffer>, seed: Seed, random: Random): string {
  const size = pick(random, [2, 4, 4, 4, 8]);
  const at = place(seed, random, size);
  const view = new DataView(bytes.buffer);
  const half = size === 8 ? seed.littleEndian ? at : at + 4 : at;
  const old = size === 2 ? view.getUint16(at, seed.littleEndian) : view.getUint32(half, seed.littleEndian);
  const absurd = [0, 1, 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff, 0xffff_fff8, bytes.length];
  const near = [old + 1, old - 1, old + 8, old * 2, bytes.length - 1, bytes.length + 1];
  const value = (random(2) === 0 ? pick(random, absurd) : pick(random, [...near, random(64), random(64)])) >>>
    0;
  if (size === 2) view.setUint16(at, value, seed.littleEndian);
  else view.setUint32(half, value, seed.littleEndian);
  if (size === 8 && random(2) === 0) view.setUint32(half === at ? at + 4 : at, value, seed.littleEndian);
  return `${size} bytes at ${at} = ${value}`;
}

function swap(bytes: Uint8Array, seed: Seed, random: Random): string {
  const [a, b, size] = twoRecords(seed, random);
  const first = bytes.slice(a, a + size);
  bytes.copyWithin(a, b, b + size);
  bytes.set(first, b);
  return `swapped ${size} bytes at ${a} and ${b}`;
}

function copy(bytes: Uint8Array, seed: Seed, random: Random): string {
  const [from, to, size] = twoRecords(seed, random);
  bytes.copyWithin(to, from, from + size);
  return `copied ${size} bytes at ${from} to ${to}`;
}

function twoRecords({ tables }: Seed, random: Random): [number, number, number] {
  const { start, end, stride } = pick(random, tables);
  const count = Math.max(1, Math.floor((end - start) / stride));
  const size = Math.min(stride, end - start);
  return [start + random(count) * stride, start + random(count) * stride, size];
}

/** A place for `size` bytes, aligned to them. */
function place({ tables }: Seed, random: Random, size: number): number {
  const { start, end } = pick(random, tables);
  const count = Math.max(1, Math.floor((end - start) / size));
  return Math.max(0, Math.min(start + random(count) * size, end - size));
}
