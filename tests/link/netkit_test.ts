import { assertEquals, assertThrows } from "@std/assert";
import { NotSupportedError } from "../../src/errors.ts";
import { attachNetkit, queryPrograms } from "../../src/link/mod.ts";
import { eventually } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";
import { NetkitPair } from "./_netkit.ts";

const NEEDS = ["bpf", "btf", "netkit"] as const;

let port = 21_000;
for (const end of ["primary", "peer"] as const) {
  let pair: NetkitPair | undefined;
  testLink({
    name: `attachNetkit() to the ${end}`,
    type: "netkit",
    needs: NEEDS,
    fixture: "network",
    program: "on_frame",
    capability: "CAP_NET_ADMIN",
    wrong: { type: "xdp", message: "the program is of type xdp, not sched_cls" },
    prepare: () => pair = new NetkitPair(),
    attach: (program) => attachNetkit(program, pair?.device ?? "", end),
    fire(count) {
      port++;
      pair?.send(end, port, count);
      return [port];
    },
  });

  test(`attachNetkit() to the ${end} sees what it sends, and not what the other does`, {
    needs: NEEDS,
  }, async () => {
    using pair = new NetkitPair();
    const { object, hits } = await counter("network", "on_frame");
    await using _object = object;
    const program = object.programs.get("on_frame");
    using link = attachNetkit(program, pair.device, end);
    const [sent, received] = [++port, ++port];
    pair.send(end === "primary" ? "peer" : "primary", received, 3);
    pair.send(end, sent, 3);
    assertEquals(await eventually(() => hitsOf(hits, [sent]) === 3), true);
    assertEquals(hitsOf(hits, [received]), 0);
    assertEquals(
      queryPrograms({ device: pair.device, attachType: `netkit_${end}` }).programs,
      [{ id: program.info.id, name: "on_frame", linkId: link.info.id, flags: 0 }],
    );
  });
}

test("attachNetkit() is for the primary device", { needs: NEEDS }, async () => {
  using pair = new NetkitPair();
  const { object } = await counter("network", "on_frame");
  await using _object = object;
  const program = object.programs.get("on_frame");
  const name = `${pair.device}l`;
  run("ip", ["link", "add", name, "type", "netkit"]);
  try {
    const [{ link: peer }] = JSON.parse(run("ip", ["-json", "link", "show", name]));
    assertThrows(
      () => attachNetkit(program, peer, "primary"),
      NotSupportedError,
      `Cannot attach program "on_frame" to device "${peer}" (netkit_primary): it is not the primary one of`,
    );
  } finally {
    run("ip", ["link", "delete", name]);
  }
});
