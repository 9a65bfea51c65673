import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { ROOMS } from "../../scripts/check_layers.ts";
import { test } from "../_harness.ts";

const TEXT = readFileSync(new URL("../../CONTRIBUTING.md", import.meta.url), "utf8");

test("CONTRIBUTING.md names every room, and fits a screen", () => {
  const named = [...TEXT.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, room]) => room)
  );
  assertEquals(named.toSorted(), Object.keys(ROOMS).toSorted());
  assert(TEXT.trimEnd().split("\n").length <= 50);
});
