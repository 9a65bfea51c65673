/** What the types of codecs promise and refuse; `deno check` is the test. */
import {
  arrayOf,
  type Bits,
  bits,
  bool,
  bytes,
  char,
  type Codec,
  cstr,
  enumOf,
  i64,
  type Infer,
  ipv4,
  ipv4Prefix,
  lpmBytes,
  placedStruct,
  rest,
  struct,
  u128,
  u16,
  u32,
  u64,
  u8,
  union,
} from "../../src/codec/mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectType<T extends true>(_?: T): void {}

const Place = struct({ port: u16, open: bool });
const Event = struct({
  time: u64,
  pid: u32,
  comm: cstr(16),
  places: arrayOf(Place, 2),
  key: bytes(4),
  data: rest(),
}, { name: "event" });
type Event = Infer<typeof Event>;

expectType<
  Equal<Event, {
    time: bigint;
    pid: number;
    comm: string;
    places: { port: number; open: boolean }[];
    key: Uint8Array;
    data: Uint8Array;
  }>
>();
expectType<Equal<Infer<typeof u64>, bigint>>();

const view = new DataView(new ArrayBuffer(4));
const place: Codec<{ port: number; open: boolean }> = Place;
Place.write(view, 0, { port: 1, open: true });
place.read(view, 0).open satisfies boolean;

// @ts-expect-error: a bigint where a number belongs
Place.write(view, 0, { port: 1n, open: true });
// @ts-expect-error: a field is missing
Place.write(view, 0, { port: 1 });
// @ts-expect-error: a field too many
Place.write(view, 0, { port: 1, open: true, closed: false });
// @ts-expect-error: a number where a bigint belongs
u64.write(view, 0, 1);
// @ts-expect-error: no such field
Place.read(view, 0).prot;
// @ts-expect-error: an element of the wrong type
arrayOf(u32, 2).write(view, 0, ["1", "2"]);
// @ts-expect-error: not a codec
struct({ pid: "u32" });
// @ts-expect-error: no such option
struct({ pid: u32 }, { tag: "x" });
// @ts-expect-error: a codec of another struct
const wrong: Codec<{ port: string }> = Place;
void wrong;

// Enums
const State = enumOf({ RUNNING: 0, SLEEPING: 1 });
expectType<Equal<Infer<typeof State>, "RUNNING" | "SLEEPING" | number>>();
const Wide = enumOf({ LARGE: 1n << 40n }, i64);
expectType<Equal<Infer<typeof Wide>, "LARGE" | bigint>>();
State.write(view, 0, "RUNNING");
State.write(view, 0, 7);
// @ts-expect-error: no such name
State.write(view, 0, "STOPPED");
// @ts-expect-error: a bigint where a number belongs
State.write(view, 0, 1n);
// @ts-expect-error: numbers in 8 bytes are bigints
enumOf({ A: 1 }, u64);
// @ts-expect-error: not a number
enumOf({ A: "1" });

// Unions
const Address = union({ v4: ipv4, raw: u32, place: Place });
expectType<
  Equal<Infer<typeof Address>, { v4?: string; raw?: number; place?: { port: number; open: boolean } }>
>();
Address.write(view, 0, { v4: "192.0.2.1" });
// @ts-expect-error: no such member
Address.write(view, 0, { v6: "::1" });
// @ts-expect-error: it may not be there
Address.read(view, 0).raw satisfies number;

// Bitfields
const Flags = struct({
  kind: bits(u32, 3),
  wide: bits(u64, 40),
  last: bits(bool, 1),
  _: bits(u32, 0),
  more: u8,
});
expectType<Equal<Infer<typeof Flags>, { kind: number; wide: bigint; last: boolean; more: number }>>();
const Kind = bits(u16, 4);
expectType<Equal<Infer<typeof Kind>, number>>();
expectType<Equal<typeof Kind, Bits<number>>>();
// @ts-expect-error: a bitfield is no codec
const alone: Codec<number> = Kind;
void alone;
// @ts-expect-error: there are no arrays of bitfields
arrayOf(Kind, 2);
// @ts-expect-error: nor do they end a struct
rest(Kind);
// @ts-expect-error: text has no bits
bits(cstr(4), 3);
// @ts-expect-error: an enum has none by itself
bits(State, 3);
// @ts-expect-error: what has no width has no value
Flags.write(view, 0, { kind: 1, wide: 1n, last: true, _: 0, more: 1 });

// The rest
const Stack = struct({ depth: u32, frames: rest(u64) });
expectType<Equal<Infer<typeof Stack>, { depth: number; frames: bigint[] }>>();
const raw: Codec<Uint8Array> = rest();
void raw;

// Text, numbers and keys
char.read(view, 0) satisfies string;
u128.read(view, 0) satisfies bigint;
ipv4Prefix.read(view, 0) satisfies string;
const Key = lpmBytes(4);
expectType<Equal<Infer<typeof Key>, { prefixLength: number; data: Uint8Array }>>();

// Structs with places
const Placed = placedStruct<{ time: bigint }>(
  [{ name: "time", offset: 8, codec: u64 }, { name: "bit", bitOffset: 3, bits: bits(u8, 1) }],
  { type: "struct placed", size: 16 },
);
expectType<Equal<Infer<typeof Placed>, { time: bigint }>>();
// @ts-expect-error: a bitfield has a bit offset
placedStruct([{ name: "bit", offset: 0, codec: bits(u8, 1) }], { type: "struct placed", size: 16 });
Placed.fields[0]?.codec satisfies Codec<unknown> | undefined;
