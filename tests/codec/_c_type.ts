/** A C type with all that a comparison with a compiler takes: its codec, random values, and C that sets and prints it. */
import type { Codec } from "../../src/codec/mod.ts";
import type { Random } from "../fuzz/_random.ts";

/** Something random: values of one type can be set and printed in C, and written and read by a codec. */
export interface CType {
  readonly codec: Codec<unknown>;
  /** The declaration of something of this type, as C writes it. */
  declare(name: string): string;
  /** A value as the codec takes it. */
  value(random: Random): unknown;
  /** C that sets what an expression stands for to a value. */
  assign(place: string, value: unknown): string[];
  /** C that prints what an expression stands for, a line for each scalar in it. */
  print(place: string): string[];
  /** What that C prints, of a value as it was read by the codec or by that of BTF. */
  lines(value: unknown): string[];
}

/** A C type of one number, which bitfields may have. */
export interface Scalar extends CType {
  /** Whether values may be negative. */
  readonly signed: boolean;
  /** How many bits a bitfield can have. */
  readonly bits: number;
}

/** A random integer of so many bits, at times the least or largest one. */
export function randomInteger(random: Random, bits: number, signed: boolean): bigint {
  const all = 2n ** BigInt(bits) - 1n;
  let value = 0n;
  for (let i = 0; i < bits; i += 16) value = value << 16n | BigInt(random(1 << 16));
  value &= all;
  if (random(4) === 0) value = [0n, 1n, all, all >> 1n, (all >> 1n) + 1n][random(5)] ?? 0n;
  return signed ? BigInt.asIntN(bits, value) : value & all;
}

/** How a number is written in C. */
export function literal(value: unknown): string {
  const number = BigInt(value as bigint | number | boolean);
  const word = (bits: bigint) => `${BigInt.asUintN(64, bits)}ull`;
  if (number > -(2n ** 63n) && number < 2n ** 64n) {
    return number < 0n ? `-(long long)${-number}` : word(number);
  }
  return `(__int128)((unsigned __int128)${word(number >> 64n)} << 64 | ${word(number)})`;
}

/** What the C macros below print for a number. */
export function numberLine(value: unknown): string {
  const number = BigInt(value as bigint | number | boolean);
  return `${BigInt.asUintN(64, number >> 64n)}:${BigInt.asUintN(64, number)}`;
}

/** What they print for bytes. */
export function bytesLine(bytes: Iterable<number>): string {
  return `x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** What they print for text, once it is {@linkcode decoded}. */
export function textLine(text: string): string {
  return `text:${JSON.stringify(text)}`;
}

/** A printed line, where it has the bytes of text with these decoded: in a union they may be no UTF-8. */
export function decoded(line: string): string {
  if (!line.startsWith("text:")) return line;
  const bytes = Uint8Array.from(line.slice(5).match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return textLine(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
}

/** What the definitions of generated structs need. */
export const C_TYPES = `
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned __int128 u128;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef __int128 i128;
typedef _Bool bool8;
`;

/** What every generated program starts with. */
export const C_PREAMBLE: string = `
#include <stddef.h>
#include <stdio.h>
#include <string.h>
${C_TYPES}

static void number(u128 value)
{
	printf("%llu:%llu\\n", (u64)(value >> 64), (u64)value);
}

static void bytes(const void *start, size_t size)
{
	printf("x");
	for (size_t i = 0; i < size; i++)
		printf("%02x", ((const u8 *)start)[i]);
	printf("\\n");
}

static void text(const char *start, size_t size)
{
	printf("text:");
	for (size_t i = 0; i < size && start[i]; i++)
		printf("%02x", (u8)start[i]);
	printf("\\n");
}

static void given(u8 *start, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned byte = 0;
		if (scanf("%2x", &byte) != 1)
			printf("too few bytes\\n");
		start[i] = byte;
	}
}
`;
