import { assertEquals, assertThrows } from "@std/assert";
import { useNative } from "../../ffi/mod.ts";
import { u64 } from "../../src/codec/mod.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { attachUprobeMulti } from "../../src/link/mod.ts";
import { hash } from "../../src/map/mod.ts";
import { descriptorInfo } from "../../src/sys/mod.ts";
import { eventually } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { missing } from "../_needs.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";
import { withoutLinks } from "./_old_kernel.ts";
import { call, offsetIn, target } from "./_target.ts";

const NEEDS = ["bpf", "cc", "uprobe-multi"] as const;
const SYMBOLS = ["waggle_first", "waggle_second"];

testLink({
  name: "attachUprobeMulti()",
  type: "uprobe_multi",
  needs: NEEDS,
  fixture: "probes",
  program: "on_users",
  capability: "CAP_PERFMON",
  wrong: { type: "xdp", message: "the program is of type xdp, not kprobe" },
  attach: (program) => attachUprobeMulti(program, target(), { symbols: SYMBOLS }),
  fire: (count) => [call(target(), "first", count).pid],
});

test(
  "attachUprobeMulti() attaches to what is named, or to what a pattern matches",
  { needs: NEEDS },
  async () => {
    const { object, hits } = await counter("probes", "on_users");
    await using _object = object;
    const program = object.programs.get("on_users");
    const calls = () =>
      (["first", "second", "hidden", "weak"] as const).map((name) =>
        hitsOf(hits, [call(target(), name, 2).pid])
      );
    const second = offsetIn(target(), "waggle_second");
    for (
      const [options, expected] of [
        [{ symbols: SYMBOLS }, [2, 2, 0, 0]],
        [{ offsets: [second] }, [0, 2, 0, 0]],
        [{ pattern: "waggle_?i*" }, [2, 0, 2, 0]],
        [{ pattern: "waggle_*" }, [2, 2, 2, 2]],
        [{ pattern: "waggle_*", return: true }, [2, 2, 2, 2]],
      ] as const
    ) {
      using link = attachUprobeMulti(program, target(), options);
      assertEquals(calls(), [...expected]);
      const { info } = link;
      const facts = info.type === "uprobe_multi" ? [info.path, info.count, info.flags, info.pid] : [];
      const count = expected.filter((hits) => hits > 0).length;
      assertEquals(facts, [target(), count, "return" in options ? 1 : 0, 0]);
    }
  },
);

test("attachUprobeMulti() hands each place's cookie to the program", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_users");
  await using _object = object;
  const options = { symbols: SYMBOLS, cookies: [7n, 0xfedc_ba98_7654_3210n] };
  using _link = attachUprobeMulti(object.programs.get("on_users"), target(), options);
  call(target(), "first", 2);
  call(target(), "second", 3);
  const seen = [...object.maps.get("cookies", hash(u64, u64))].sort(([a], [b]) => a < b ? -1 : 1);
  assertEquals(seen, [[7n, 2n], [0xfedc_ba98_7654_3210n, 3n]]);
});

test(
  "attachUprobeMulti() raises counters of the file for as long as it is attached",
  { needs: NEEDS },
  async () => {
    const { object } = await counter("probes", "on_users");
    await using _object = object;
    const refCounterOffsets = [offsetIn(target(), "semaphore")];
    const options = { symbols: ["waggle_first"], refCounterOffsets };
    const link = attachUprobeMulti(object.programs.get("on_users"), target(), options);
    assertEquals(call(target(), "first", 1).semaphore, 1);
    link.close();
    assertEquals(await eventually(() => call(target(), "first", 1).semaphore === 0), true);
  },
);

test("a link to many places tells of each of them", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_users");
  await using _object = object;
  const [first, second, counterOffset] = ["waggle_first", "waggle_second", "semaphore"].map((name) =>
    offsetIn(target(), name)
  );
  const options = {
    symbols: ["waggle_second", "waggle_first"],
    cookies: [0xfedc_ba98_7654_3210n, 2n],
    refCounterOffsets: [0, counterOffset ?? 0],
  };
  using link = attachUprobeMulti(object.programs.get("on_users"), target(), options);
  const { info } = link;
  // What these links are is told since Linux 6.8; kernels with sessions are newer
  const isTold = missing("uprobe-session") === undefined || info.type === "uprobe_multi" && info.count > 0;
  if (isTold) assertEquals(info.type === "uprobe_multi" ? [...info.places] : [], expected());
  // As the kernel itself prints it, since Linux 6.17
  const printed = descriptorInfo(link.descriptor).split("\n").map((line) => line.trim().split(/\s+/));
  const start = printed.findIndex(([name]) => name === "offset" || name === "cookie");
  if (start < 0) return;
  const columns = printed[start] ?? [];
  const column = (row: readonly string[], name: string) => BigInt(row[columns.indexOf(name)] ?? -1);
  assertEquals(
    printed.slice(start + 1, start + 3).map((row) => ({
      offset: Number(column(row, "offset")),
      refCounterOffset: Number(column(row, "ref_ctr_offset")),
      cookie: column(row, "cookie"),
    })),
    expected(),
  );

  function expected() {
    return [
      { offset: second ?? 0, refCounterOffset: 0, cookie: 0xfedc_ba98_7654_3210n },
      { offset: first ?? 0, refCounterOffset: counterOffset ?? 0, cookie: 2n },
    ];
  }
});

test("attachUprobeMulti() of one process leaves others alone", { needs: NEEDS }, async () => {
  const { object, hits } = await counter("probes", "on_users");
  await using _object = object;
  const program = object.programs.get("on_users");
  using _link = attachUprobeMulti(program, target(), { symbols: SYMBOLS, pid: 1 });
  assertEquals(hitsOf(hits, [call(target(), "first", 3).pid]), 0);
  assertThrows(
    () => attachUprobeMulti(program, target(), { symbols: SYMBOLS, pid: 0x3f_fff0 }),
    SyscallError,
    "there is no process 4194288",
  );
});

test(
  "attachUprobeMulti() of a session runs at calls and returns",
  { needs: [...NEEDS, "uprobe-session"] },
  async () => {
    const { object, hits } = await counter("probes", "on_user_session");
    await using _object = object;
    const program = object.programs.get("on_user_session");
    using _link = attachUprobeMulti(program, target(), { symbols: ["waggle_first"], session: true });
    const { pid } = call(target(), "first", 3);
    assertEquals([hitsOf(hits, [pid]), hitsOf(hits, [pid + 1_000_000])], [3, 30]);
    assertThrows(
      () => attachUprobeMulti(program, target(), { symbols: ["waggle_first"] }),
      NotSupportedError,
      'the program may not be of SEC("uprobe.multi")',
    );
  },
);

test("attachUprobeMulti() says what is wrong with its places", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_users");
  await using _object = object;
  const program = object.programs.get("on_users");
  const attach = (options: Parameters<typeof attachUprobeMulti>[2]) => () =>
    attachUprobeMulti(program, target(), options);
  assertThrows(attach({ symbols: [] }), RangeError, "there are no places to attach to");
  assertThrows(attach({ symbols: SYMBOLS, cookies: [1n] }), RangeError, "there are 1 cookies for 2 places");
  assertThrows(
    attach({ offsets: [1], refCounterOffsets: [] }),
    RangeError,
    "0 refCounterOffsets for 1 places",
  );
  assertThrows(attach({ symbols: ["waggle_frist"] }), NotFoundError, 'did you mean "waggle_first"');
  assertThrows(attach({ pattern: "nothing_*" }), NotFoundError, "none matches");
  using _native = useNative(withoutLinks());
  assertThrows(
    attach({ symbols: SYMBOLS }),
    NotSupportedError,
    "to 2 functions of ",
  );
});
