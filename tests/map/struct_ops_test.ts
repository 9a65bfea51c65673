import { assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClosedError, LayoutError, SyscallError } from "../../src/errors.ts";
import { hash, openMap, structOps, type StructOpsMap } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { enableStats } from "../../src/sys/mod.ts";
import { fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

/** Links are of Linux 6.4. */
const BPF = { needs: ["bpf", "btf", "uapi-kernel"] } as const;
const BPFTOOL = { needs: [...BPF.needs, "bpftool"] } as const;
/** `BPF_STATS_RUN_TIME` of `enum bpf_stats_type`. */
const RUN_TIME = 0;

/** The kernel's own struct in a map, as far as the tests look at it. */
interface Congestion {
  readonly data: Readonly<Record<string, unknown>>;
}

function structOf(map: StructOpsMap): Congestion["data"] {
  return (map.get() as unknown as Congestion).data;
}

/** What bpftool dumps of a map; not JSON as a whole. */
function dumped(
  { info: { id } }: StructOpsMap,
): { state: string | undefined; programs: string[]; name: string | undefined } {
  const text = run("bpftool", ["-j", "struct_ops", "dump", "id", String(id)]);
  return {
    state: /BPF_STRUCT_OPS_STATE_(\w+)/.exec(text)?.[1]?.toLowerCase(),
    programs: [...text.matchAll(/"(\w+)":"[^"]*\/prog_id:(\d+)"/g)].map(([, member, id]) =>
      `${member} ${id}`
    ),
    name: /"name":"(waggle\w*)"/.exec(text)?.[1],
  };
}

/** The members of a struct that are programs, as {@linkcode dumped} has them. */
function programsOf(struct: Congestion["data"]): string[] {
  return Object.entries(struct).filter(([, value]) => typeof value === "bigint" && value > 0n)
    .map(([member, id]) => `${member} ${id}`);
}

for (
  const [name, before, registered, after] of [
    ["plain", "init", "inuse", "tobefree"],
    ["linked", "init", "ready", "ready"],
  ] as const
) {
  test(`structOps() follows the struct "${name}" from its creation to its end`, BPFTOOL, async () => {
    await using object = await load(fixture("congestion"));
    const map = object.maps.get(name, structOps());
    assertEquals([map.state, dumped(map).state, structOf(map).name], [before, before, ""]);
    {
      using _ = object.attachStructOps(name);
      assertEquals([map.state, dumped(map).state], [registered, registered]);
      const struct = structOf(map);
      assertEquals([struct.name, dumped(map).name], [`waggle_${name}`, `waggle_${name}`]);
      assertEquals(programsOf(struct), dumped(map).programs);
      assertEquals(
        [struct.ssthresh, struct.cong_avoid, struct.undo_cwnd, struct.cong_control],
        [
          ...["waggle_ssthresh", "waggle_cong_avoid", "waggle_undo_cwnd"].map((one) =>
            BigInt(object.programs.get(one).info.id)
          ),
          0n,
        ],
      );
    }
    assertEquals([map.state, dumped(map).state], [after, after]);
  });
}

test(
  "a connection runs the programs of a registered struct",
  { needs: [...BPFTOOL.needs, "cc"] },
  async () => {
    await using object = await load(fixture("congestion"));
    const map = object.maps.get("plain", structOps());
    using _ = object.attachStructOps("plain");
    using _stats = enableStats(RUN_TIME);
    const runs = () => Number(shown("prog", object.programs.get("waggle_cong_avoid").info.id).run_cnt ?? 0);
    assertEquals(runs(), 0);
    const used = withFolder((folder) => {
      const program = join(folder, "congestion");
      run("cc", [fileURLToPath(new URL("_congestion.c", import.meta.url)), "-o", program]);
      return execFileSync(program, [String(structOf(map).name)], { encoding: "utf8" });
    });
    assertEquals([used.trim(), runs() > 0], ["waggle_plain", true]);
  },
);

test("unregister() takes back what was registered without a link", BPFTOOL, async () => {
  await using object = await load(fixture("congestion"));
  const map = object.maps.get("plain", structOps());
  assertEquals([map.unregister(), map.state], [false, "init"]);
  using _ = object.attachStructOps("plain");
  assertEquals([map.unregister(), dumped(map).state, map.unregister()], [true, "tobefree", false]);

  const linked = object.maps.get("linked", structOps());
  using _link = object.attachStructOps("linked");
  assertThrows(
    () => linked.unregister(),
    SyscallError,
    'Cannot unregister struct "linked": operation not supported (EOPNOTSUPP from bpf(MAP_DELETE_ELEM)): ' +
      "it is made for links: close its link",
  );
  assertEquals(linked.state, "ready");
});

test("openMap() finds a struct by its id, and as what it is only", BPF, async () => {
  await using object = await load(fixture("congestion"));
  using _ = object.attachStructOps("plain");
  const { id } = object.maps.get("plain").info;
  using map = openMap({ id }, structOps());
  assertEquals([map.state, structOf(map).name, map.name], ["inuse", "waggle_plain", "plain"]);
  assertThrows(() => openMap({ id }, hash()), LayoutError, "it is of type struct_ops, not hash");
  map.close();
  for (const use of [() => map.state, () => map.get(), () => map.unregister()]) {
    assertThrows(use, ClosedError, 'Cannot use map "plain": it is closed');
  }
});
