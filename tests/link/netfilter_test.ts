import { assertEquals, assertIsError, assertThrows } from "@std/assert";
import { NotSupportedError, SyscallError } from "../../src/errors.ts";
import { attachNetfilter, type NetfilterHook } from "../../src/link/mod.ts";
import { test } from "../_harness.ts";
import { counter, testLink } from "./_contract.ts";
import { Network } from "./_network.ts";

const NEEDS = ["bpf", "netfilter", "btf"] as const;

let port = 20_000;
for (const hook of ["prerouting", "input", "output", "postrouting"] as const) {
  let network: Network | undefined;
  const incoming = hook === "prerouting" || hook === "input";
  testLink({
    name: `attachNetfilter() to ${hook}`,
    type: "netfilter",
    needs: NEEDS,
    fixture: "network",
    program: "on_filter",
    capability: "CAP_NET_ADMIN",
    wrong: { type: "xdp", message: "the program is of type xdp, not netfilter" },
    prepare: () => network = new Network(),
    attach: (program) => attachNetfilter(program, { family: "ipv4", hook, priority: -7 }),
    fire(count) {
      port++;
      if (incoming) network?.send(port, count);
      else network?.sendBack(port, count);
      return [port];
    },
  });
}

test("attachNetfilter() attaches where the kernel says", { needs: NEEDS }, async () => {
  const { object } = await counter("network", "on_filter");
  await using _object = object;
  const program = object.programs.get("on_filter");
  const hooks: NetfilterHook[] = ["prerouting", "input", "forward", "output", "postrouting"];
  for (const [number, hook] of hooks.entries()) {
    for (const [family, pf] of [["ipv4", 2], ["ipv6", 10]] as const) {
      using link = attachNetfilter(program, { family, hook, priority: 10 });
      assertEquals(link.info, {
        id: link.info.id,
        programId: program.info.id,
        type: "netfilter",
        family: pf,
        hook: number,
        priority: 10,
        flags: 0,
      });
    }
  }
});

test("attachNetfilter() sees packets of IPv6 and fragments put together", { needs: NEEDS }, async () => {
  const { object } = await counter("network", "on_filter");
  await using _object = object;
  const program = object.programs.get("on_filter");
  for (const family of ["ipv4", "ipv6"] as const) {
    try {
      using link = attachNetfilter(program, { family, hook: "prerouting", defragment: true });
      assertEquals(link.info.type === "netfilter" && link.info.flags, 1);
    } catch (error) {
      const message =
        `this kernel cannot put the fragments of ${family} together: it needs Linux 6.6 and the module`;
      assertIsError(error, NotSupportedError, message);
    }
  }
});

test("attachNetfilter() says what it refuses", { needs: NEEDS }, async () => {
  const { object } = await counter("network", "on_filter");
  await using _object = object;
  const program = object.programs.get("on_filter");
  const options = { family: "ipv4", hook: "input", priority: 1234 } as const;
  using link = attachNetfilter(program, options);
  assertThrows(
    () => attachNetfilter(program, options),
    SyscallError,
    `each program there has a priority of its own, and 1234 has program "on_filter" (id ${program.info.id})`,
  );
  assertThrows(() => link.update(program), NotSupportedError, "links of this type keep their program");
  for (const priority of [-0x8000_0000, 0x7fff_ffff, 0.5]) {
    assertThrows(
      () => attachNetfilter(program, { ...options, priority }),
      RangeError,
      "is not an integer from",
    );
  }
  assertThrows(
    () => attachNetfilter(program, { ...options, priority: -400, defragment: true }),
    RangeError,
    "use one higher than -400",
  );
});
