import { assertEquals, assertThrows } from "@std/assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { judge, readPlan } from "../../scripts/test_vm.ts";
import { quoted } from "../../scripts/vm/commands.ts";
import { CHOSEN, FULL, KERNELS, LEFT_OUT, RARE } from "../../scripts/vm/kernels.ts";
import { newest } from "../../scripts/vm/packages.ts";
import { test } from "../_harness.ts";
import { isNeed } from "../_needs.ts";
import { run } from "../_run.ts";

function planned(
  ...args: string[]
): readonly [versions: string[], files: readonly string[], ifPossible: boolean] {
  const { kernels, files, ifPossible } = readPlan(args);
  return [kernels.map(({ version }) => version), files, ifPossible];
}

test("readPlan() reads which kernels run which tests", () => {
  assertEquals(planned(), [["6.1", "6.12"], CHOSEN, false]);
  assertEquals(planned("6.12"), [["6.12"], CHOSEN, false]);
  assertEquals(planned("--full", "6.1", "--if-possible"), [["6.1"], FULL, true]);
  assertEquals(planned("6.1", "--", "tests/a_test.ts", "tests/b"), [
    ["6.1"],
    ["tests/a_test.ts", "tests/b"],
    false,
  ]);
  assertEquals(readPlan(["--full"]).limit > readPlan([]).limit, true);
  for (const args of [["6.18"], ["--fulll"], ["tests/a_test.ts"]]) {
    assertThrows(() => readPlan(args), RangeError, `Cannot read "${args[0]}": deno task test:vm [6.1|6.12]`);
  }
});

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the tests that run by default are those of files with rare needs", () => {
  const files = FULL.flatMap((folder) => readdirSync(root + folder).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith("_test.ts") && hasRareNeed(readFileSync(root + path, "utf8")));
  const message = "put the file into CHOSEN or LEFT_OUT of scripts/vm/kernels.ts";
  assertEquals(files.toSorted(), [...CHOSEN, ...Object.keys(LEFT_OUT)].toSorted(), message);
  assertEquals(FULL.filter((path) => !existsSync(root + path)), []);
});

/** Whether there is a list of needs, and of nothing else, with a rare one. */
function hasRareNeed(source: string): boolean {
  const lists = source.match(/\[(?:\s*(?:\.\.\.\w+|"[\w-]+"),?)+\s*\]/g) ?? [];
  return lists.map((list) => [...list.matchAll(/"([\w-]+)"/g)].map(([, name = ""]) => name))
    .some((names) => names.every(isNeed) && names.some((name) => RARE.some((one) => one === name)));
}

test("judge() fails tests that were skipped for the want of what the kernel must have", () => {
  const kernel = { version: "6.12", has: new Set(["kprobe", "lsm"] as const) };
  const skipped = (need: string) => `name [skipped: needs ${need}: the reason]`;
  const cases = [
    { name: "fine", outcome: "passed", failure: "" },
    { name: skipped("kprobe"), outcome: "skipped", failure: "" },
    { name: skipped("kprobe-multi"), outcome: "skipped", failure: "" },
    { name: "bad", outcome: "failed", failure: "Error: x" },
  ] as const;
  assertEquals(judge(kernel, cases), [
    { name: "Linux 6.12: fine", outcome: "passed", failure: "" },
    {
      name: `Linux 6.12: ${skipped("kprobe")}`,
      outcome: "failed",
      failure: 'skipped, and Linux 6.12 must have "kprobe"',
    },
    { name: `Linux 6.12: ${skipped("kprobe-multi")}`, outcome: "skipped", failure: "" },
    { name: "Linux 6.12: bad", outcome: "failed", failure: "Error: x" },
  ]);
});

test("newest() compares versions by their numbers", () => {
  const [old, recent] = KERNELS.map(({ packages }) => packages);
  const names = [
    "linux-image-6.1.0-9-cloud-amd64",
    "linux-image-6.1.0-56-cloud-amd64",
    "linux-image-6.1.0-56-cloud-amd64-unsigned",
    "linux-image-6.12-cloud-amd64",
    "linux-image-6.12.9+deb12-cloud-amd64",
    "linux-image-6.12.117+deb12-cloud-amd64",
    "linux-image-6.12.117+deb12-cloud-amd64-dbg",
  ];
  assertEquals(old && newest(names, old), "linux-image-6.1.0-56-cloud-amd64");
  assertEquals(recent && newest(names, recent), "linux-image-6.12.117+deb12-cloud-amd64");
  assertEquals(newest([], /./), undefined);
});

test("quoted() is one word to a shell", { needs: ["linux"] }, () => {
  for (const word of ["plain", "a b", "", "it's", '$HOME `x` \\ "q"', "--flag=/a/b"]) {
    assertEquals(run("sh", ["-c", `printf '[%s]' ${quoted(word)}`]), `[${word}]`);
  }
});
