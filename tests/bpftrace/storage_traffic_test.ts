import { assert, assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Need, test } from "../_harness.ts";
import { type Case, renamed, sideBySide, testCases } from "./_side_by_side.ts";

const NEEDS: readonly Need[] = ["root", "bpf", "btf", "tracefs", "bpftrace", "losetup"];

/** A command of the shell that does something with a disk of 16 MB, `$D`, that is a file. */
function withDisk(command: string): string {
  return "F=$(mktemp); truncate -s 16M $F; D=$(losetup -f --show $F); " +
    `${command}; losetup -d $D; rm $F`;
}

const CASES: readonly Case[] = [
  {
    tool: "writeback.bt",
    // What is written is still to be stored while somebody has the disk open
    traffic: withDisk("exec 3<$D; dd if=/dev/zero of=$D bs=64k count=100; sync; exec 3<&-"),
    lines: / 7:\d+ .* sync /,
    without: /^\S+ +| +\S+$/g,
    least: 1,
  },
];

testCases(CASES, NEEDS);

/** The histogram of a key, as it is drawn. */
function histogram(text: string, key: string): string[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`@[${key}]:`));
  return start < 0 ? [] : lines.slice(start + 1, lines.indexOf("", start));
}

test("bitesize.bt draws the sizes that it draws by bpftrace", { needs: NEEDS }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle-`);
  try {
    const dd = renamed(execFileSync("which", ["dd"], { encoding: "utf8" }).trim(), "waggle-dd", folder);
    const { theirs, ours } = await sideBySide(
      "bitesize.bt",
      withDisk(
        `${dd} if=/dev/zero of=$D bs=64k count=10 oflag=direct; ${dd} if=$D of=/dev/null bs=4k count=30 iflag=direct`,
      ),
    );
    const expected = histogram(theirs, "waggle-dd");
    assert(expected.length >= 2, theirs);
    assertEquals(histogram(ours, "waggle-dd"), expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
