import { assertEquals, assertThrows } from "@std/assert";
import { native, systemCalls, useNative } from "../../ffi/mod.ts";
import { NotFoundError } from "../../src/errors.ts";
import { kernelConfig, parseConfig } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { configText } from "./_config.ts";

test("kernelConfig() has every line of the kernel's file", { needs: ["linux"] }, () => {
  const text = configText();
  if (text === "") {
    assertThrows(() => kernelConfig(), NotFoundError);
    return;
  }
  const expected = new Map<string, string>();
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0 && !line.startsWith("#")) expected.set(line.slice(0, at), line.slice(at + 1));
  }
  assertEquals(kernelConfig(), expected);
  assertEquals(kernelConfig() === kernelConfig(), true);
});

test("kernelConfig() says where it looked", { needs: ["linux"] }, async () => {
  // a copy of the module that has not read anything yet
  const fresh: { kernelConfig: typeof kernelConfig } = await import(`../../src/kernel/kconfig.ts?fresh`);
  const release = run("uname", ["-r"]).trim();
  const real = native();
  const { openat } = systemCalls(real.arch);
  let opened = 0;
  using _ = useNative({
    ...real,
    // all files but that of the release, which is opened first, are gone
    syscall: (number, ...args) => number === openat && ++opened > 1 ? -2 : real.syscall(number, ...args),
  });
  assertThrows(
    () => fresh.kernelConfig(),
    NotFoundError,
    `neither /boot/config-${release} nor /proc/config.gz is there`,
  );
});

test("parseConfig() takes lines with values, and the first of two", () => {
  const text = `# CONFIG_OFF is not set
CONFIG_A=y
CONFIG_B="a = \\"b\\"" \r
 CONFIG_INDENTED=y
CONFIG_A=n
CONFIG_EMPTY=
#CONFIG_C=y
OTHER=1
CONFIG_LAST=0x10`;
  assertEquals(
    [...parseConfig(text)],
    [["CONFIG_A", "y"], ["CONFIG_B", '"a = \\"b\\""'], ["CONFIG_EMPTY", ""], ["CONFIG_LAST", "0x10"]],
  );
  assertEquals(parseConfig("").size, 0);
});
