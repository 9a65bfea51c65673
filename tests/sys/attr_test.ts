import { assertEquals, assertThrows } from "@std/assert";
import { Attr, cString, objectName, textOf } from "../../src/sys/mod.ts";
import { type Layout, MAP_CREATE_ATTR, PERF_EVENT_ATTR, PROG_INFO } from "../../src/uapi/mod.ts";
import { evaluateKnown } from "../_c.ts";
import { test } from "../_harness.ts";

test("Attr is zero where no field is given", { needs: ["linux"] }, () => {
  const attr = new Attr(MAP_CREATE_ATTR, {});
  assertEquals([...attr.bytes], Array(MAP_CREATE_ATTR.size).fill(0));
  assertEquals(attr.size, MAP_CREATE_ATTR.size);
});

test("Attr gives back what was set, in the width of the field", { needs: ["linux"] }, () => {
  const attr = new Attr(MAP_CREATE_ATTR, { map_extra: 2n ** 64n - 1n, numa_node: -1 });
  assertEquals(attr.get64("map_extra"), 2n ** 64n - 1n);
  assertEquals(attr.get("numa_node"), 0xffffffff);
  attr.set("numa_node", 2 ** 32 + 5);
  assertEquals([attr.get("numa_node"), attr.get("map_ifindex"), attr.get("map_type")], [5, 0, 0]);
});

test("Attr copies bytes into a field that is no pointer", { needs: ["linux"] }, () => {
  const attr = new Attr(MAP_CREATE_ATTR, { map_name: new TextEncoder().encode("a_name_that_is_too_long") });
  assertEquals(attr.text("map_name"), "a_name_that_is_t");
  assertEquals(attr.get("map_ifindex"), 0);
});

test("Attr refuses a field that the struct lacks", { needs: ["linux"] }, () => {
  const attr = new Attr<Layout>(MAP_CREATE_ATTR, {});
  assertThrows(() => attr.set("colour", 1), TypeError, 'Cannot access field "colour"');
});

/** Every bitfield of a layout, with the struct that has ones in it and nowhere else. */
function bitfields(struct: string, layout: Layout): void {
  const names = Object.keys(layout.fields).filter((name) => layout.fields[name]?.length === 4);
  const words = Math.ceil(layout.size / 8);
  const preamble = `#include <linux/bpf.h>\n#include <linux/perf_event.h>
    union u { struct ${struct} s; unsigned long long words[${words}]; };`;
  const expression = (name: string, word: number) => `((union u){ .s = { .${name} = -1 } }).words[${word}]`;
  const byWord = (name: string) => Array.from({ length: words }, (_, word) => expression(name, word));
  const known = evaluateKnown(preamble, names.flatMap(byWord));
  const compared = names.filter((name) => known.has(expression(name, 0)));
  for (const name of compared) {
    const attr = new Attr(layout, { [name]: -1 });
    const bytes = new Uint8Array(words * 8);
    bytes.set(attr.bytes);
    const actual = [...new BigUint64Array(bytes.buffer)];
    assertEquals(actual, byWord(name).map((it) => BigInt.asUintN(64, known.get(it) ?? -1n)), name);
    attr.set(name, 0);
    assertEquals([...attr.bytes], Array(layout.size).fill(0));
  }
  assertEquals(compared.length > names.length * 0.8, true, `the headers know few of ${names.join()}`);
}

test("Attr places the bitfields of perf_event_attr where C does", { needs: ["linux", "cc"] }, () => {
  bitfields("perf_event_attr", PERF_EVENT_ATTR);
});

test("Attr places the bitfields of bpf_prog_info where C does", { needs: ["linux", "cc"] }, () => {
  bitfields("bpf_prog_info", PROG_INFO);
});

test("Attr leaves the other bits of a word alone", { needs: ["linux"] }, () => {
  const attr = new Attr(PERF_EVENT_ATTR, { disabled: 1, precise_ip: 2, sigtrap: 1 });
  attr.set("precise_ip", 1);
  assertEquals([attr.get("disabled"), attr.get("precise_ip"), attr.get("sigtrap")], [1, 1, 1]);
  assertEquals([attr.get("inherit"), attr.get("mmap_data")], [0, 0]);
});

test("cString() ends with NUL and contains none", () => {
  assertEquals([...cString("aé")], [0x61, 0xc3, 0xa9, 0]);
  assertEquals([...cString("")], [0]);
  assertThrows(() => cString("a\0b"), TypeError, 'Cannot pass "a\\u0000b" to the kernel: it contains NUL');
});

test("objectName() keeps what the kernel allows", () => {
  assertEquals(textOf(objectName("a name-with.ünicode")), "a_name_with._ni");
  assertEquals(objectName("x".repeat(40)).length, 16);
});

test("textOf() stops at the first NUL", () => {
  assertEquals(textOf(Uint8Array.of(0x61, 0x62, 0, 0x63)), "ab");
  assertEquals(textOf(Uint8Array.of(0x61, 0x62)), "ab");
  assertEquals(textOf(new Uint8Array(4)), "");
});
