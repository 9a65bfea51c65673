/** What the types of codecs promise and refuse; `deno check` is the test. */
import {
  arrayOf,
  bool,
  bytes,
  type Codec,
  cstr,
  type Infer,
  rest,
  struct,
  u16,
  u32,
  u64,
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
