/** Stacks of a process that is not the script's own. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { i32 } from "../../src/codec/mod.ts";
import { attachRawTracepoint } from "../../src/link/mod.ts";
import { type BuildIdFrame, buildIdStackTrace, stackTrace } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { evaluate } from "../_c.ts";
import { test } from "../_harness.ts";
import { Executable } from "./_executable.ts";

const TOOLS = { needs: ["bpf", "btf", "cc", "llvm-readelf"] } as const;
const DEPTH = 100;
/** The functions of `_stacks.c` from the system call outwards. */
const FUNCTIONS = ["innermost", "middle", "outer", "main"];

/** The stack of an executable's system call: as addresses, and as places in files. */
async function stacksOf(executable: Executable): Promise<{ addresses: bigint[]; places: BuildIdFrame[] }> {
  const [number = 0n] = evaluate("#include <sys/syscall.h>", ["SYS_getpgid"]);
  await using object = await load(fixture("stacks"), { variables: { number: Number(number) } });
  using _link = attachRawTracepoint(object.programs.get("on_syscall"), "sys_enter");
  executable.run();
  const stack = (variable: string) => object.variables.get(variable, i32).get();
  return {
    addresses: object.maps.get("addresses", stackTrace({ depth: DEPTH })).get(stack("by_address")) ?? [],
    places: object.maps.get("places", buildIdStackTrace({ depth: DEPTH })).get(stack("by_place")) ?? [],
  };
}

test("stackTrace() gives the functions of a process from the innermost on", TOOLS, async () => {
  using executable = new Executable("sha1");
  const { addresses } = await stacksOf(executable);
  const names = addresses.map((address) => executable.functionAt(address));
  assertEquals(names.slice(0, FUNCTIONS.length), FUNCTIONS);
});

test("buildIdStackTrace() gives the build id of a file and the offsets in it", TOOLS, async () => {
  using executable = new Executable("sha1");
  const { addresses, places } = await stacksOf(executable);
  assertNotEquals(executable.buildId, undefined);
  const inside = places.slice(0, FUNCTIONS.length);
  assertEquals(inside.map(({ buildId }) => buildId?.toHex()), FUNCTIONS.map(() => executable.buildId));
  const found = inside.map(({ offset }) => executable.addressOf(offset));
  assertEquals(found, addresses.slice(0, FUNCTIONS.length));
  assertEquals(places.length, addresses.length);
});

test("buildIdStackTrace() gives addresses where a file has no build id", TOOLS, async () => {
  using executable = new Executable("none");
  const { addresses, places } = await stacksOf(executable);
  assertEquals(executable.buildId, undefined);
  assertEquals(addresses.length >= FUNCTIONS.length, true);
  assertEquals(places, addresses.map((offset) => ({ buildId: undefined, offset })));
});
