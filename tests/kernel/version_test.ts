import { assertEquals } from "@std/assert";
import { kernelRelease, kernelVersionCode } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { useTexts } from "./_texts.ts";

test("kernelRelease() is that of uname", { needs: ["linux"] }, () => {
  assertEquals(kernelRelease(), run("uname", ["-r"]).trim());
});

// Release, version and signature as systems have them, and KERNEL_VERSION() of linux/version.h
for (
  const [release, version, signature, code] of [
    ["6.18.44", "#1 SMP PREEMPT_DYNAMIC", undefined, 0x06122c],
    ["6.12.9+deb13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.9-1 (2025-01-10)", undefined, 0x060c09],
    ["6.1.0-37-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)", undefined, 0x06018c],
    ["5.15.0-91-generic", "#101-Ubuntu SMP", "Ubuntu 5.15.0-91.101-generic 5.15.131", 0x050f83],
    ["6.6.87.2-microsoft-standard-WSL2", "#1 SMP", undefined, 0x060657],
    ["4.9.337", "#1 SMP", undefined, 0x0409ff],
    ["6.18-rc3", "#1 SMP", undefined, 0x061200],
    ["6.12.9+", "#1 SMP", undefined, 0x060c09],
  ] as const
) {
  test(`kernelVersionCode() of ${release}${signature ? `, ${signature}` : ""}`, () => {
    using _ = useTexts({
      "/proc/sys/kernel/osrelease": `${release}\n`,
      "/proc/sys/kernel/version": `${version}\n`,
      ...(signature && { "/proc/version_signature": `${signature}\n` }),
    });
    assertEquals(kernelVersionCode(), code);
  });
}
