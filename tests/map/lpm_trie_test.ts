import { assertEquals, assertThrows } from "@std/assert";
import { ipv4Prefix, ipv6Prefix, lpmBytes, u32 } from "../../src/codec/mod.ts";
import { LayoutError, MapFullError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { createMap, type LpmTrie, lpmTrie, openMap } from "../../src/map/mod.ts";
import { type BpfObject, load } from "../../src/object/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { bpftool, type Facts, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { countingCommands } from "./_old_kernel.ts";

const BPF = { needs: ["bpf"] } as const;
const ROUTES = { "0.0.0.0/0": 1, "10.0.0.0/8": 2, "10.1.0.0/16": 3, "10.1.2.0/24": 4, "10.1.2.3/32": 5 };

function create(maxEntries = 100): LpmTrie<string, number> {
  return createMap(lpmTrie(ipv4Prefix, u32), { name: "routes", maxEntries });
}

/** What a program returns that gets a packet from this address. */
function route(object: BpfObject, address: readonly number[]): number {
  const packet = new Uint8Array(64);
  const [type, at] = address.length === 4 ? [[0x08, 0x00], 26] : [[0x86, 0xdd], 22];
  packet.set(type, 12);
  packet.set(address, at);
  return object.programs.get("lookup").run({ data: packet }).returnValue;
}

/** The network that an address is in, as text. */
function network(address: number, length: number): string {
  const bits = length === 0 ? 0 : (address & -1 << 32 - length) >>> 0;
  return `${octets(bits).join(".")}/${length}`;
}

function octets(address: number): number[] {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 255);
}

/** Numbers that look random and are the same each time. */
function* numbers(): Generator<number, never, void> {
  for (let state = 1;;) yield state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
}

test("lpmTrie() finds the longest prefix of an address", BPF, () => {
  using routes = create();
  assertEquals([routes.get("10.1.2.3"), routes.has("10.1.2.3")], [undefined, false]);
  routes.setAll(Object.entries(ROUTES));
  assertEquals(
    ["10.1.2.3", "10.1.2.4", "10.1.3.4", "10.2.0.0", "11.0.0.0"].map((address) => routes.get(address)),
    [5, 4, 3, 2, 1],
  );
  // What covers a network, which a longer prefix does not
  assertEquals(["10.1.0.0/16", "10.1.0.0/15", "10.0.0.0/7"].map((prefix) => routes.get(prefix)), [3, 2, 1]);
  assertEquals([routes.delete("10.1.2.3"), routes.delete("10.1.2.3/32")], [true, false]);
  assertEquals([routes.get("10.1.2.3"), routes.delete("10.1.2.0/25"), routes.size], [4, false, 4]);
});

test("lpmTrie() finds what a program finds and what the prefixes say", BPF, async () => {
  await using object = await load(fixture("routes"));
  const routes = object.maps.get("routes4", lpmTrie(ipv4Prefix, u32));
  const random = numbers();
  const model = new Map<string, number>();
  for (let i = 1; i <= 300; i++) {
    const prefix = network(random.next().value & 0xff0f_ff0f, (random.next().value >>> 8) % 33);
    routes.set(prefix, i);
    model.set(prefix, i);
  }
  const lengths = Array.from({ length: 33 }, (_, i) => 32 - i);
  let hits = 0;
  for (let i = 0; i < 300; i++) {
    const address = random.next().value & 0xff0f_ff0f;
    const match = lengths.find((length) => model.has(network(address, length)));
    const expected = match === undefined ? undefined : model.get(network(address, match));
    assertEquals(routes.get(octets(address).join(".")), expected);
    assertEquals(route(object, octets(address)), expected ?? 0);
    if (match !== undefined && match > 0) hits++;
  }
  assertEquals(hits > 100, true, `${hits} of 300 addresses have a route`);
  assertEquals(new Map(routes), model);
});

test("lpmTrie() takes IPv6 prefixes that programs look up", BPF, async () => {
  await using object = await load(fixture("routes"));
  const routes = object.maps.get("routes6", lpmTrie(ipv6Prefix, u32));
  routes.set("2001:db8::/32", 1).set("2001:db8:0:1::/64", 2).set("2001:db8::1", 3);
  const start = [0x20, 0x01, 0x0d, 0xb8];
  const rest = (...end: number[]) => [...start, ...new Array(12 - end.length).fill(0), ...end];
  assertEquals([rest(1), rest(2), rest(1, 0, 0, 0, 0, 0, 0, 0, 9)].map((one) => route(object, one)), [
    3,
    1,
    2,
  ]);
  assertEquals(["2001:db8::1", "2001:db8::2", "2001:db8:0:1::9"].map((one) => routes.get(one)), [3, 1, 2]);
  assertEquals([route(object, rest(1).with(0, 0x30)), routes.get("3001:db8::1")], [0, undefined]);
});

test(
  "lpmTrie() stores what bpftool reads, and reads what bpftool stores",
  { needs: ["bpf", "bpftool"] },
  () => {
    using routes = create();
    routes.set("10.1.2.3/12", 7);
    const [element] = bpftool("map", "dump", "id", routes.info.id) as Facts[];
    assertEquals(element?.key, ["0x0c", "0x00", "0x00", "0x00", "0x0a", "0x00", "0x00", "0x00"]);
    bpftool("map", "update", "id", routes.info.id, "key", 9, 0, 0, 0, 10, 128, 0, 0, "value", 8, 0, 0, 0);
    assertEquals([...routes].toSorted(), [["10.0.0.0/12", 7], ["10.128.0.0/9", 8]]);
  },
);

test("lpmTrie() takes data of any size", BPF, () => {
  using names = createMap(lpmTrie(lpmBytes(5), u32), { maxEntries: 4 });
  const data = (text: string) => new TextEncoder().encode(text.padEnd(5, "\0"));
  names.set({ prefixLength: 16, data: data("ba") }, 1).set({ prefixLength: 40, data: data("basil") }, 2);
  const find = (text: string) => names.get({ prefixLength: 40, data: data(text) });
  assertEquals(["basil", "basic", "bread"].map(find), [2, 1, undefined]);
  assertEquals([...names.keys()].map(({ prefixLength }) => prefixLength).toSorted(), [16, 40]);
});

test("lpmTrie() lists all prefixes, hundreds by one system call", BPF, () => {
  using counting = countingCommands();
  using routes = create(1000);
  const prefixes = Array.from({ length: 1000 }, (_, i) => network((10 << 24) + (i << 12), 20 + i % 13));
  routes.setAll(prefixes.map((prefix, i) => [prefix, i]));
  counting.calls.length = 0;
  assertEquals(new Map(routes), new Map(prefixes.map((prefix, i) => [prefix, i])));
  // A small block and a large one, and in between whether the key is still there to go on after
  const { MAP_LOOKUP_BATCH, MAP_GET_NEXT_KEY } = BPF_CMD;
  assertEquals(counting.calls, [MAP_LOOKUP_BATCH, MAP_GET_NEXT_KEY, MAP_GET_NEXT_KEY, MAP_LOOKUP_BATCH]);
});

test("lpmTrie() lists what stays once where prefixes go that others cover", BPF, () => {
  using routes = create();
  // The kernel lists the longest first, so that what remains covers what is removed
  const prefixes = Array.from({ length: 12 }, (_, i) => network(10 << 24, 20 - i));
  routes.setAll(prefixes.map((prefix, i) => [prefix, i]));
  const seen: string[] = [];
  const gone = new Set<string>();
  for (const batch of routes.batches({ size: 3 })) {
    seen.push(...batch.map(([prefix]) => prefix));
    // The first, at which a list that begins anew would begin, and the last, after which the kernel goes on
    for (const [prefix] of [...batch.slice(0, 1), ...batch.slice(-1)]) {
      routes.delete(prefix);
      gone.add(prefix);
    }
  }
  assertEquals(seen, prefixes);
  assertEquals([...routes.keys()], prefixes.filter((prefix) => !gone.has(prefix)));
});

test("lpmTrie() is emptied while it is listed", BPF, () => {
  using routes = create();
  routes.setAll(Object.entries(ROUTES));
  for (const prefix of routes.keys()) assertEquals(routes.delete(prefix), true);
  assertEquals([routes.size, routes.get("10.1.2.3")], [0, undefined]);
  routes.setAll(Object.entries(ROUTES));
  routes.clear();
  assertEquals([...routes], []);
});

test("lpmTrie() heeds the mode, is full at its end, and cannot take", BPF, () => {
  using routes = create(2);
  assertThrows(() => routes.set("10.0.0.0/8", 1, { mode: "exist" }), NotFoundError, "none with this key");
  routes.set("10.0.0.0/8", 1, { mode: "noexist" }).set("10.0.0.0/9", 2);
  assertThrows(
    () => routes.set("10.0.0.0/8", 3, { mode: "noexist" }),
    SyscallError,
    "one with this key already",
  );
  assertThrows(() => routes.set("10.0.0.0/10", 3), MapFullError, 'element of map "routes": the map is full');
  assertEquals([routes.get("10.0.0.0/9"), routes.get("10.128.0.0/9")], [2, 1]);
  assertEquals("take" in routes, false);
});

test("openMap() compares the sizes of prefixes", BPF, () => {
  using routes = create();
  assertThrows(
    () => openMap({ id: routes.info.id }, lpmTrie(ipv6Prefix, u32)),
    LayoutError,
    "its keys have 8 bytes, the codec has 20",
  );
});
