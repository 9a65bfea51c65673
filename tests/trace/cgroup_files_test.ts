import { assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { cgroup, events } from "../../src/trace/mod.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { sentTo } from "./_sent.ts";

const NEEDS = ["bpf", "btf", "cgroup"] as const;

test("cgroup() knows files of /proc/sys by name, and what is in them", { needs: NEEDS }, async () => {
  using group = new Cgroup();
  using sent = events();
  const file = "/proc/sys/net/ipv4/ip_default_ttl";
  const before = readFileSync(file, "utf8");
  using probe = cgroup("sysctl", group.path, { sent }, (c, { sent }) => {
    if (c.name === "kernel/ostype") return "deny";
    if (c.name !== "net/ipv4/ip_default_ttl") return;
    sent.emit({ name: c.name, write: c.write, value: c.value, newValue: c.newValue, at: c.position });
    if (c.write && c.newValue !== c.value) return "deny";
  });
  {
    using _ = group.enter();
    assertThrows(() => readFileSync("/proc/sys/kernel/ostype"), Error, "EPERM");
    assertEquals(readFileSync(file, "utf8"), before);
    writeFileSync(file, before);
    assertThrows(() => writeFileSync(file, "1\n"), Error, "EPERM");
  }
  probe.close();
  assertEquals(readFileSync(file, "utf8"), before);
  const common = { name: "net/ipv4/ip_default_ttl", value: before, at: 0 };
  const all = await sentTo(sent);
  assertEquals(all.filter(({ write }) => write), [
    { ...common, write: true, newValue: before },
    { ...common, write: true, newValue: "1\n" },
  ]);
  assertEquals(all[0], { ...common, write: false, newValue: "" });
});

test("cgroup() knows devices by kind and number", { needs: NEEDS }, async () => {
  using group = new Cgroup();
  using sent = events();
  using _probe = cgroup("dev", group.path, { sent }, (c, { sent }) => {
    sent.emit({ type: c.type, major: c.major, minor: c.minor, read: c.read, write: c.write, mknod: c.mknod });
    if (c.type === "char" && c.minor === 5 && c.write) return "deny";
  });
  const shell = (command: string) => {
    using _ = group.enter();
    try {
      execFileSync("sh", ["-c", command], { stdio: "ignore" });
      return 0;
    } catch (error) {
      return (error as { status?: number }).status;
    }
  };
  assertEquals([shell("true < /dev/zero"), shell("true > /dev/zero") === 0], [0, false]);
  const { rdev } = statSync("/dev/zero");
  const device = { type: "char", major: rdev >> 8, minor: rdev & 0xff, mknod: false };
  const seen = (await sentTo(sent)).filter(({ minor }) => minor === device.minor);
  assertEquals(seen, [{ ...device, read: true, write: false }, { ...device, read: false, write: true }]);
});
