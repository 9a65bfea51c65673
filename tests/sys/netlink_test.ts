import { assertEquals, assertThrows } from "@std/assert";
import { SyscallError } from "../../src/errors.ts";
import { interfaceIndex, linkRequest, netlinkAttributes } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

const IFLA_IFNAME = 3;
const IFLA_MTU = 4;

test("linkRequest() returns what the kernel tells of a device", { needs: ["linux"] }, () => {
  const attributes = linkRequest("describe lo", "GETLINK", interfaceIndex("lo"));
  const name = attributes.get(IFLA_IFNAME);
  assertEquals(name && [...new Uint8Array(name.buffer, name.byteOffset, name.byteLength)], [108, 111, 0]);
});

test("linkRequest() has the words of the kernel in its errors", { needs: ["linux", "root"] }, () => {
  assertThrows(
    () => linkRequest("describe a device", "GETLINK", 0x7fff_fff0),
    SyscallError,
    "Cannot describe a device: no such device (ENODEV from netlink(RTM_GETLINK))",
  );
  assertThrows(
    () => linkRequest("shorten packets", "SETLINK", interfaceIndex("lo"), [[IFLA_MTU, -1]]),
    SyscallError,
    "invalid argument (EINVAL from netlink(RTM_SETLINK)): mtu less than device minimum",
  );
});

test("netlinkAttributes() stops at what is cut off", () => {
  const view = new DataView(Uint8Array.from([8, 0, 1, 0, 5, 0, 0, 0, 9, 0, 2, 0, 7]).buffer);
  const attributes = netlinkAttributes(view, 0);
  assertEquals([...attributes.keys()], [1]);
  assertEquals(attributes.get(1)?.getUint32(0, true), 5);
  assertEquals(netlinkAttributes(new DataView(Uint8Array.from([0, 0, 1, 0]).buffer), 0).size, 0);
});
