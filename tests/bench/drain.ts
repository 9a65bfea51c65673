/**
 * Drains a full ring buffer, which tests/bench/drain.c and drain.go do too: `count` adds the first words up, `some` three fields as
 * they are asked for, `lazy` and `decode` all fields, as they are asked for or of an object of them. Prints ns per record of each
 * batch.
 */
import { lazyReader } from "../../src/codec/mod.ts";
import { load, ring, struct, u32, u53 } from "../../mod.ts";

const BATCHES = 30;
const RECORDS = 200_000;
const Event = struct({ number: u53, a: u32, b: u32, c: u53, d: u53, e: u53, f: u53, g: u53, h: u53 });

type Handler = (view: DataView, at: number, size: number) => void;

// Sums of a record by itself, as C computes them: of fractions, each would have to wait for the one before
let sum = 0;
const readLazily = lazyReader(Event);
const HANDLERS: Readonly<Record<string, Handler>> = {
  count: (view, at) => sum = (sum + view.getUint32(at, true)) | 0,
  some(view, at, size) {
    const { number, a, b } = readLazily(view, at, size);
    sum = (sum + ((number + a + b) | 0)) | 0;
  },
  lazy(view, at, size) {
    const { number, a, b, c, d, e, f, g, h } = readLazily(view, at, size);
    sum = (sum + ((number + a + b + c + d + e + f + g + h) | 0)) | 0;
  },
  decode(view, at) {
    const { number, a, b, c, d, e, f, g, h } = Event.read(view, at);
    sum = (sum + ((number + a + b + c + d + e + f + g + h) | 0)) | 0;
  },
};

const handle = HANDLERS[globalThis.process.argv.at(-1) ?? ""];
if (!handle) throw new Error(`Cannot measure that: there are ${Object.keys(HANDLERS)}`);
await using object = await load(new URL("fill.bpf.o", import.meta.url));
const events = object.maps.get("events", ring());
const fill = object.programs.get("fill");
const data = new Uint8Array(64);
for (let batch = 0; batch < BATCHES; batch++) {
  fill.run({ data, repeat: RECORDS });
  sum = 0;
  const start = performance.now();
  const count = events.drain(handle);
  console.log((performance.now() - start) * 1e6 / RECORDS);
  // The first fields of the records are numbers from 0 up, one is 2^40, the others 0
  const first = batch * RECORDS;
  const expected = (first + first + RECORDS - 1) * RECORDS / 2 | 0;
  if (count !== RECORDS || sum !== expected) throw new Error(`${count} of ${RECORDS} records, sum ${sum}`);
}
