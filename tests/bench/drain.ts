/** Drains a full ring buffer, `count` its first words or `decode` the records. Prints ns per record of each batch. */
import { load, ring, struct, u32, u64 } from "../../mod.ts";

const BATCHES = 30;
const RECORDS = 200_000;
const Event = struct({ number: u64, a: u32, b: u32, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64 });

const decode = globalThis.process.argv.includes("decode");
await using object = await load(new URL("fill.bpf.o", import.meta.url));
const events = object.maps.get("events", ring());
const fill = object.programs.get("fill");
const data = new Uint8Array(64);
for (let batch = 0; batch < BATCHES; batch++) {
  fill.run({ data, repeat: RECORDS });
  let sum = 0;
  const start = performance.now();
  const count = decode
    ? events.drain((view, at) => sum = (sum + Event.read(view, at).a) | 0)
    : events.drain((view, at) => sum = (sum + view.getUint32(at, true)) | 0);
  console.log((performance.now() - start) * 1e6 / RECORDS);
  if (count !== RECORDS || (!decode && sum === 0)) throw new Error(`${count} of ${RECORDS} records`);
}
