/**
 * The firewall tested without root, without a device and without a kernel.
 * `deno test --allow-read examples/firewall_test.ts`, or `bun test ./examples/firewall_test.ts`
 */
import { deepStrictEqual as assertEquals } from "node:assert";
import { test } from "node:test";
import { TestKernel } from "../src/testing/mod.ts";
import { lpm } from "../src/trace/mod.ts";
import { firewall } from "./firewall.ts";

/** A frame of Ethernet with a header of IPv4 in it: RFC 791. */
function packet(source: string): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes.set([0x08, 0x00, 0x45], 12);
  bytes.set(source.split(".").map(Number), 26);
  return bytes;
}

test("the firewall drops what comes from blocked networks, and counts it", () => {
  const kernel = new TestKernel();
  const blocked = kernel.use(lpm());
  blocked.set("192.0.2.0/24", 0);
  const program = kernel.program(firewall("eth0", blocked));
  const verdict = (source: string) => program.run({ data: packet(source) }).verdict;
  assertEquals(["192.0.2.7", "198.51.100.1", "192.0.2.8"].map(verdict), ["drop", "pass", "drop"]);
  assertEquals([...blocked], [["192.0.2.0/24", 2]]);
  blocked.delete("192.0.2.0/24");
  assertEquals(verdict("192.0.2.7"), "pass");
  kernel.close();
});
