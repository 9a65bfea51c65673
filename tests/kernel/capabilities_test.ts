import { assertEquals } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import {
  lockdownMode,
  missingCapabilities,
  permissionHint,
  permissionHintWith,
} from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";
import { withFiles } from "./_files.ts";

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

const STATUS = "/proc/self/status";
const LOCKDOWN = "/sys/kernel/security/lockdown";

test("permissionHintWith() names the sysctl that the capability is asked for by", () => {
  const disabled = "/proc/sys/kernel/unprivileged_bpf_disabled";
  const paranoid = "/proc/sys/kernel/perf_event_paranoid";
  const none = "CapEff:\t0000000000000000\n";
  for (
    const [files, sysctl, capability, expected] of [
      [
        { [disabled]: "2\n" },
        "kernel.unprivileged_bpf_disabled",
        "CAP_BPF",
        ", and the sysctl kernel.unprivileged_bpf_disabled is 2",
      ],
      [{ [disabled]: "0\n" }, "kernel.unprivileged_bpf_disabled", "CAP_BPF", ""],
      [{}, "kernel.unprivileged_bpf_disabled", "CAP_BPF", ""],
      [
        { [paranoid]: "4\n" },
        "kernel.perf_event_paranoid",
        "CAP_PERFMON",
        ", and the sysctl kernel.perf_event_paranoid is 4",
      ],
      [{ [paranoid]: "-1\n" }, "kernel.perf_event_paranoid", "CAP_PERFMON", ""],
    ] as const
  ) {
    using _ = withFiles({ [STATUS]: none, ...files });
    assertEquals(
      permissionHintWith(sysctl, capability),
      `the process lacks ${capability}${expected}: run it as root`,
    );
  }
  using _ = withFiles({ [STATUS]: "CapEff:\t000001ffffffffff\n", [disabled]: "2\n" });
  assertEquals(permissionHintWith("kernel.unprivileged_bpf_disabled", "CAP_BPF").includes("sysctl"), false);
});

test("permissionHint() says that the kernel is locked down", () => {
  // As security/lockdown/lockdown.c writes it
  for (
    const [text, mode] of [
      ["[none] integrity confidentiality\n", undefined],
      ["none [integrity] confidentiality\n", "integrity"],
      ["none integrity [confidentiality]\n", "confidentiality"],
    ] as const
  ) {
    using _ = withFiles({ [STATUS]: "CapEff:\t000001ffffffffff\n", [LOCKDOWN]: text });
    assertEquals(lockdownMode(), mode);
    const locked =
      "it has CAP_BPF, but the kernel is locked down (confidentiality): start it without Secure Boot or the " +
      "option lockdown";
    const other = "it has CAP_BPF: a security module, lockdown or seccomp may refuse it";
    assertEquals(permissionHint("CAP_BPF"), mode === "confidentiality" ? locked : other);
  }
});
