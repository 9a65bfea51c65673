/**
 * What bpftool dumps of maps.
 *
 * @module
 */
import { bpftool, type Facts } from "../_bpf.ts";

/** Keys and values as little-endian numbers, by ascending key and without elements that bpftool finds empty. */
export function dumpedNumbers(id: number): [number, number][] {
  const elements = bpftool("map", "dump", "id", id) as Facts[];
  return elements
    .filter(({ value }) => Array.isArray(value))
    .map(({ key, value }): [number, number] => [littleEndian(key), littleEndian(value)])
    .sort(([a], [b]) => a - b);
}

/** A number of bytes such as `["0x01", "0x00"]`. */
export function littleEndian(bytes: unknown): number {
  return (bytes as string[]).reduceRight((sum, byte) => sum * 256 + Number(byte), 0);
}
