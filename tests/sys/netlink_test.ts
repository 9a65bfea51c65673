import { assertEquals, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import { SyscallError } from "../../src/errors.ts";
import {
  interfaceIndex,
  linkRequest,
  NETLINK_FLAG,
  netlinkAttributes,
  netlinkText,
  routeRequest,
} from "../../src/sys/mod.ts";
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

test("routeRequest() returns all messages of a list", { needs: ["linux"] }, () => {
  const header = new Uint8Array(16);
  const messages = routeRequest("list devices", { type: "GETLINK", flags: NETLINK_FLAG.DUMP, header });
  const names = messages.map((message) => netlinkAttributes(message, header.length).get(IFLA_IFNAME));
  const shown = readdirSync("/sys/class/net").filter((name) => name !== "bonding_masters");
  // Tests beside this one make devices and remove them
  const isOurs = (name: string) => !name.startsWith("wgl");
  assertEquals(
    names.map((name) => name && netlinkText(name)).filter((name) => isOurs(name ?? "")).sort(),
    shown.filter(isOurs).sort(),
  );
});

test("routeRequest() has the words of the kernel in its errors", { needs: ["linux", "root"] }, () => {
  // `struct tcmsg` of device 1 with handle 1:0 and parent TC_H_ROOT, and TCA_KIND
  const header = new Uint8Array(20);
  new Uint32Array(header.buffer).set([0, 1, 0x1_0000, 0xffff_ffff]);
  assertThrows(
    () =>
      routeRequest("make a qdisc", {
        type: "NEWQDISC",
        flags: NETLINK_FLAG.CREATE,
        header,
        attributes: [[1, "waggle"]],
      }),
    SyscallError,
    "Cannot make a qdisc: no such file, object or element (ENOENT from netlink(RTM_NEWQDISC)): ",
  );
});

test("netlinkAttributes() stops at what is cut off", () => {
  const view = new DataView(Uint8Array.from([8, 0, 1, 0, 5, 0, 0, 0, 9, 0, 2, 0, 7]).buffer);
  const attributes = netlinkAttributes(view, 0);
  assertEquals([...attributes.keys()], [1]);
  assertEquals(attributes.get(1)?.getUint32(0, true), 5);
  assertEquals(netlinkAttributes(new DataView(Uint8Array.from([0, 0, 1, 0]).buffer), 0).size, 0);
});
