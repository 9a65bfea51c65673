import { assertEquals, assertThrows } from "@std/assert";
import { struct, u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, LayoutError, MapFullError, PermissionError } from "../../src/errors.ts";
import { createMap, type MapKind, openMap, queue, type QueueMap, stack } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { bpftool, type Facts, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;
const BPFTOOL = { needs: ["bpf", "bpftool"] } as const;
const ENOENT = -2;
/** What XDP programs are run with; these read nothing of it. */
const PACKET = new Uint8Array(14);
const E2BIG = -7;

/** A type of map without keys. */
interface Subject {
  readonly name: "queue" | "stack";
  readonly kind: MapKind<QueueMap<bigint>>;
  /** Takes the next value out of values in the order in which they came. */
  next(values: bigint[]): bigint | undefined;
}

testQueue({ name: "queue", kind: queue(u64), next: (values) => values.shift() });
testQueue({ name: "stack", kind: stack(u64), next: (values) => values.pop() });

/** What queues and stacks fulfil. */
function testQueue({ name, kind, next }: Subject): void {
  const create = (maxEntries = 4) => createMap(kind, { name: "subject", maxEntries });

  test(`${name}() gives values in its order`, BPF, () => {
    using map = create();
    assertEquals([map.peek(), map.pop(), [...map.drain()]], [undefined, undefined, []]);
    map.push(1n).push(2n).push(3n);
    const expected = [1n, 2n, 3n];
    const first = next(expected);
    assertEquals([map.peek(), map.peek(), map.pop()], [first, first, first]);
    assertEquals([map.pop(), map.pop(), map.pop()], [next(expected), next(expected), undefined]);
  });

  test(`drain() of ${name}() leaves what is not asked for`, BPF, () => {
    using map = create();
    const expected = [1n, 2n, 3n, 4n];
    for (const value of expected) map.push(value);
    for (const value of map.drain()) {
      assertEquals(value, next(expected));
      if (expected.length === 2) break;
    }
    const rest = [next(expected), next(expected)];
    assertEquals([[...map.drain()], map.peek()], [rest, undefined]);
  });

  test(`push() into a full ${name}() fails, or drops the oldest value`, BPF, () => {
    using map = create(2);
    map.push(1n).push(2n);
    assertThrows(
      () => map.push(3n),
      MapFullError,
      'Cannot push an element of map "subject": the map is full',
    );
    assertThrows(() => map.push(3n, { replace: false }), MapFullError);
    map.push(3n, { replace: true }).push(4n, { replace: true });
    assertEquals(new Set(map.drain()), new Set([3n, 4n]));
    map.push(5n, { replace: true });
    assertEquals([...map.drain()], [5n]);
  });

  test(`bpftool takes out what ${name}() put in, and the other way round`, BPFTOOL, () => {
    using map = create();
    const { id } = map.info;
    const [put, take] = name === "queue" ? ["enqueue", "dequeue"] : ["push", "pop"];
    map.push(0x0102_0304_0506_0708n);
    const value = ["0x08", "0x07", "0x06", "0x05", "0x04", "0x03", "0x02", "0x01"];
    assertEquals((bpftool("map", "peek", "id", id) as Facts).value, value);
    assertEquals((bpftool("map", String(take), "id", id) as Facts).value, value);
    assertEquals(map.pop(), undefined);
    bpftool("map", String(put), "id", id, "value", 1, 0, 0, 0, 0, 0, 0, 255);
    assertEquals(map.pop(), 0xff00_0000_0000_0001n);
  });

  test(`a program and a script share a ${name}()`, BPF, async () => {
    using map = create();
    await using object = await load(fixture("queue"), { maps: { values: map } });
    const value = object.variables.get("value", u64);
    const run = (program: string) => object.programs.get(program).run({ data: PACKET }).returnValue | 0;
    const expected: bigint[] = [];
    assertEquals([run("pop"), run("peek")], [ENOENT, ENOENT]);
    for (let i = 1n; i <= 4n; i++) {
      value.set(i * 1_000_000_007n);
      if (i % 2n === 0n) map.push(value.get());
      else assertEquals(run("push"), 0);
      expected.push(i * 1_000_000_007n);
    }
    assertEquals(run("push"), E2BIG);
    for (let i = 0; i < 4; i++) {
      const wanted = next(expected);
      value.set(0n);
      assertEquals([map.peek(), run("peek"), value.get()], [wanted, 0, wanted]);
      value.set(0n);
      if (i % 2 === 0) assertEquals([run("pop"), value.get()], [0, wanted]);
      else assertEquals(map.pop(), wanted);
    }
    assertEquals([run("pop"), map.pop()], [ENOENT, undefined]);
  });

  test(`push() into a full ${name}() drops the value that a program's does`, BPF, async () => {
    using ours = create(3);
    using theirs = create(3);
    await using object = await load(fixture("queue"), { maps: { values: theirs } });
    const value = object.variables.get("value", u64);
    for (let i = 0n; i < 10n; i++) {
      value.set(i);
      assertEquals(object.programs.get("replace").run({ data: PACKET }).returnValue, 0);
      ours.push(i, { replace: true });
    }
    const left = [...ours.drain()];
    assertEquals([left.length, [...theirs.drain()]], [3, left]);
  });

  test(`${name}() refuses values that do not fit and leaves none of them`, BPF, () => {
    using map = create();
    assertThrows(() => map.push(-1n), RangeError);
    assertThrows(() => map.push(1n << 64n), RangeError);
    assertEquals(map.pop(), undefined);
  });

  test(`a frozen ${name}() can be peeked at alone`, BPF, () => {
    using map = create();
    map.push(1n).freeze();
    const refusal = 'an element of map "subject": the map is read-only or frozen';
    assertThrows(() => map.push(2n), PermissionError, `Cannot push ${refusal}`);
    assertThrows(() => map.pop(), PermissionError, `Cannot pop ${refusal}`);
    assertEquals([map.peek(), map.info.frozen], [1n, true]);
  });

  test(`a closed ${name}() cannot be used`, BPF, () => {
    const map = create();
    map.close();
    for (const use of [() => map.push(1n), () => map.pop(), () => map.peek(), () => [...map.drain()]]) {
      assertThrows(use, ClosedError, 'Cannot use map "subject": it is closed');
    }
  });
}

test("queue() takes structs, and gives their bytes where it is opened without a codec", BPF, () => {
  const Job = struct({ id: u32, size: u64 });
  using map = createMap(queue(Job), { name: "jobs", maxEntries: 2 });
  map.push({ id: 1, size: 2n ** 40n }).push({ id: 2, size: 0n });
  using same = openMap({ id: map.info.id }, queue(Job));
  assertEquals(same.pop(), { id: 1, size: 2n ** 40n });
  // struct { __u32; __u64 } with 4 bytes of padding
  using untyped = openMap({ id: map.info.id }, queue());
  assertEquals(untyped.pop(), Uint8Array.of(2, ...new Array(15).fill(0)));
});

test("openMap() tells queues from stacks, and sees the size of values", BPF, () => {
  using map = createMap(queue(u64), { name: "jobs", maxEntries: 2 });
  const { id } = map.info;
  assertThrows(() => openMap({ id }, stack(u64)), LayoutError, "it is of type queue, not stack");
  assertThrows(() => openMap({ id }, queue(u32)), LayoutError, "its values have 8 bytes, the codec has 4");
});
