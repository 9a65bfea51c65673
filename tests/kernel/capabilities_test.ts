import { assertEquals } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { missingCapabilities, permissionHint } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

/** A process with these capabilities, by the bits of `linux/capability.h`. */
function processWith(...bits: readonly number[]): Disposable {
  const set = bits.reduce((sum, bit) => sum | 1n << BigInt(bit), 0n).toString(16).padStart(16, "0");
  let status = new TextEncoder().encode(`Name:\tx\nCapPrm:\tffffffffffffffff\nCapEff:\t${set}\nCapBnd:\t0\n`);
  return useNative(fakeNative(({ name, args: [, address = 0], memory }) => {
    if (name !== "read") return name === "openat" ? 9 : 0;
    const part = status;
    status = status.subarray(part.length);
    memory(address, part.length).set(part);
    return part.length;
  }));
}

const ALL = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"] as const;

for (
  const [bits, missing] of [
    [[], ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]],
    [[12], ["CAP_BPF", "CAP_PERFMON"]],
    [[38, 39], ["CAP_NET_ADMIN"]],
    [[12, 38, 39], []],
    [[21], []],
  ] as const
) {
  test(`missingCapabilities() of a process with the bits [${bits}]`, () => {
    using _ = processWith(...bits);
    assertEquals(missingCapabilities(...ALL), [...missing]);
  });
}

test("missingCapabilities() without /proc", () => {
  using _ = useNative(fakeNative(() => -2));
  assertEquals(missingCapabilities("CAP_BPF"), ["CAP_BPF"]);
});

test("missingCapabilities() of root", { needs: ["root", "bpf"] }, () => {
  assertEquals(missingCapabilities(...ALL), []);
});

test("permissionHint() names what is missing", () => {
  {
    using _ = processWith(12);
    assertEquals(permissionHint(...ALL), "the process lacks CAP_BPF, CAP_PERFMON: run it as root");
  }
  using _ = processWith(39);
  assertEquals(
    permissionHint("CAP_BPF"),
    "it has CAP_BPF: a security module, lockdown or seccomp may refuse it",
  );
});
