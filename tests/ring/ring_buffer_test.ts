import { assertEquals } from "@std/assert";
import { struct, u32, u64 } from "../../src/codec/mod.ts";
import { array } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { ring } from "../../src/ring/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Elsewhere, PACKET } from "./_elsewhere.ts";

const NEEDS = ["bpf", "bpftool"] as const;
test("records after a busy one are held back until it is written", { needs: NEEDS }, async () => {
  await using object = await load(fixture("ring"));
  const [hold, emit] = [object.programs.get("hold"), object.programs.get("emit")];
  const control = object.maps.get("control", array(struct({ holding: u32, release: u32 })));
  const events = object.maps.get("events", ring(struct({ number: u64 })));
  const HELD = 0xeeee_eeee_eeee_eeeen;

  let observed = false;
  // a machine that is busy itself may give us no processor while the record is
  for (let attempt = 0; attempt < 5 && !observed; attempt++) {
    control.set(0, { holding: 0, release: 0 });
    await using elsewhere = new Elsewhere(hold, 1);
    assertEquals(await eventually(() => control.get(0).holding === 1), true);
    emit.run({ data: PACKET });
    const early = events.drain(() => {});
    observed = elsewhere.running && early === 0;
    control.set(0, { holding: 1, release: 1 });
    assertEquals(await eventually(() => !elsewhere.running), true);

    const numbers: bigint[] = [];
    const late = events.drain((view, at) => numbers.push(view.getBigUint64(at, true)));
    assertEquals(early + late, 2);
    if (observed) assertEquals(numbers, [HELD, BigInt(attempt)]);
  }
  assertEquals(observed, true);
});

test("a signal ends the events of a flood from another processor", { needs: NEEDS }, async () => {
  await using object = await load(fixture("ring"));
  const events = object.maps.get("events", ring(struct({ number: u64 })));
  await using _elsewhere = new Elsewhere(object.programs.get("emit"), 2 ** 31);
  let count = 0;
  let last = -1n;
  const controller = new AbortController();
  const timer = setInterval(() => count > 0 && controller.abort(), 50);
  for await (const { number } of events.events(controller)) {
    if (number <= last) throw new Error(`${number} after ${last}`);
    last = number;
    count++;
  }
  clearInterval(timer);
  assertEquals(count > 0, true);
});
