import { assertEquals, assertRejects } from "@std/assert";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { u32, u64 } from "../../src/codec/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { LayoutError, VerifierError } from "../../src/errors.ts";
import { createMap, hash, lruHash } from "../../src/map/mod.ts";
import { load, loadObject } from "../../src/object/mod.ts";
import { objPin } from "../../src/sys/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf", "bpffs"] } as const;

/** Runs the body with a folder for pins that is gone afterwards. */
async function withPins(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync("/sys/fs/bpf/waggle-");
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("load() pins maps that ask for it, and shares those that are pinned", BPF, async () => {
  await withPins(async (folder) => {
    const pinRoot = `${folder}/deep/below`; // made by the first load
    let id: number;
    {
      await using first = await load(fixture("pinned"), { pinRoot });
      assertEquals(readdirSync(pinRoot), ["shared"]);
      first.programs.get("count").run({ data: new Uint8Array(64) });
      ({ id } = first.maps.get("shared").info);
    }
    await using second = await load(fixture("pinned"), { pinRoot });
    second.programs.get("count").run({ data: new Uint8Array(64) });
    const shared = second.maps.get("shared", hash(u32, u64));
    assertEquals([shared.info.id, shared.get(1)], [id, 2n]);
    await using third = await load(fixture("pinned"), { pinRoot: folder });
    assertEquals(third.maps.get("shared").info.id === id, false);
  });
});

test("load() lists all that differs between a map and the one that is pinned", BPF, async () => {
  await withPins(async (pinRoot) => {
    using other = createMap(lruHash(u64, u32), { maxEntries: 9, flags: ["zero_seed"] });
    objPin(other.descriptor, `${pinRoot}/shared`);
    await assertRejects(
      () => load(fixture("pinned"), { pinRoot }),
      LayoutError,
      `Cannot share map "shared": the one pinned at "${pinRoot}/shared" differs: type lru_hash, not hash, ` +
        "bytes of a key 8, not 4, bytes of a value 4, not 8, max entries 9, not 8, flags 64, not 0: " +
        "remove the pin, or load with another pin root",
    );
    assertEquals(existsSync(`${pinRoot}/shared`), true);
  });
});

test("a load that fails leaves no pin behind, but those that were there", BPF, async () => {
  await withPins(async (pinRoot) => {
    const refused = () => load(fixture("pinned"), { pinRoot, only: ["refused"] });
    await assertRejects(refused, VerifierError);
    assertEquals(readdirSync(pinRoot), []);
    await using _ = await load(fixture("pinned"), { pinRoot });
    await assertRejects(refused, VerifierError);
    assertEquals(readdirSync(pinRoot), ["shared"]);
  });
});

test("loadObject() pins maps with a path of their own there", BPF, async () => {
  await withPins(async (folder) => {
    const spec = parseElf(readFileSync(fixture("pinned")), "pinned");
    const pinPath = `${folder}/somewhere/else`;
    const maps = spec.maps.map((map) => map.name === "own" ? { ...map, pinPath } : map);
    await using first = loadObject({ ...spec, maps }, "pinned", { pinRoot: folder });
    assertEquals(readdirSync(folder).toSorted(), ["shared", "somewhere"]);
    await using second = loadObject({ ...spec, maps }, "pinned", { pinRoot: folder });
    for (const name of ["own", "shared"]) {
      assertEquals(second.maps.get(name).info.id, first.maps.get(name).info.id);
    }
  });
});
