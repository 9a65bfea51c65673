import { assert, assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Need, test } from "../_harness.ts";
import { type Case, linesLike, renamed, sideBySide, testCases } from "./_side_by_side.ts";

// Most of these want kprobes, and take minutes in a machine that has them:
// deno task test:vm [6.1|6.12] -- tests/bpftrace/storage_traffic_test.ts
const NEEDS: readonly Need[] = ["root", "bpf", "btf", "tracefs", "bpftrace", "losetup"];

/** For commands of the shell: makes a disk of 32 MB, and prints where it is. `losetup -d` is its end. */
const DISK = "disk() { F=$(mktemp); truncate -s 32M $F; losetup -f --show $F; rm $F; }; ";

const CASES: readonly Case[] = [
  {
    tool: "writeback.bt",
    // What is written is still to be stored while somebody has the disk open
    traffic: `${DISK} D=$(disk); exec 3<$D; dd if=/dev/zero of=$D bs=64k count=100; sync; losetup -d $D`,
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
      `${DISK} D=$(disk); ${dd} if=/dev/zero of=$D bs=64k count=10 oflag=direct; ` +
        `${dd} if=$D of=/dev/null bs=4k count=30 iflag=direct; losetup -d $D`,
    );
    const expected = histogram(theirs, "waggle-dd");
    assert(expected.length >= 2, theirs);
    assertEquals(histogram(ours, "waggle-dd"), expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Loads what is a module in most kernels, before anybody looks for its functions. */
function modprobe(module: string): void {
  execFileSync("modprobe", [module]);
}

/** The counts of a map of histograms, by their keys. */
function totals(text: string): Record<string, number> {
  const maps = text.matchAll(/^@us\[(\w+)\]: *\n((?:[[(].*\n)+)/gm);
  return Object.fromEntries(
    [...maps].map(([, key = "", rows = ""]) =>
      [
        key,
        [...rows.matchAll(/^\S+(?: \S+)? +(\d+) \|/gm)].reduce((sum, [, count]) => sum + Number(count), 0),
      ] as const
    ).toSorted(),
  );
}

test("xfsdist.bt counts what it counts by bpftrace", {
  needs: [...NEEDS, "kprobe", "modprobe", "mkfs.xfs"],
}, async () => {
  modprobe("xfs");
  const { theirs, ours } = await sideBySide(
    "xfsdist.bt",
    "T=$(mktemp -d); truncate -s 320M $T/disk; mkfs.xfs -q $T/disk; mkdir $T/files; mount -o loop $T/disk $T/files; " +
      "for i in 1 2 3; do dd if=/dev/zero of=$T/files/$i bs=4k count=10 conv=fsync; cat $T/files/$i; done; " +
      "umount $T/files; rm -r $T",
  );
  assert((totals(theirs)["xfs_file_write_iter"] ?? 0) >= 30, theirs);
  assertEquals(totals(ours), totals(theirs));
});

test("mdflush.bt sees what it sees by bpftrace", {
  needs: [...NEEDS, "kprobe", "modprobe"],
}, async () => {
  modprobe("raid1");
  const { theirs, ours } = await sideBySide(
    "mdflush.bt",
    DISK +
      "A=$(disk); B=$(disk); echo md_waggle > /sys/module/md_mod/parameters/new_array; cd /sys/block/md_waggle/md; " +
      "echo none > metadata_version; echo raid1 > level; echo 2 > raid_disks; echo 4096 > component_size; " +
      "for D in $A $B; do cat /sys/block/${D#/dev/}/dev > new_dev; done; I=0; for D in dev-*; do echo $I > $D/slot; I=1; done; echo active > array_state; " +
      "dd if=/dev/zero of=/dev/md_waggle bs=4k count=1 conv=fsync; sleep 0.5; echo clear > array_state; losetup -d $A $B",
  );
  const flushes = (text: string) => linesLike(text, / dd +md_waggle/, /^\S+ +/);
  assert(flushes(theirs).length > 0, theirs);
  assertEquals(flushes(ours), flushes(theirs));
});

test("swapin.bt counts what it counts by bpftrace", {
  needs: [...NEEDS, "kprobe", "perl", "cgroup", "swap-readpage"],
}, async () => {
  const { theirs, ours } = await sideBySide(
    "swapin.bt",
    DISK + "D=$(disk); mkswap $D; swapon $D; echo +memory > /sys/fs/cgroup/cgroup.subtree_control; " +
      "C=/sys/fs/cgroup/waggle-swap; mkdir $C; " +
      `sh -c "echo \\$\\$ > $C/cgroup.procs; exec perl -e '\\$_ = q(x) x 20000000; open F, q(>), q($C/memory.reclaim); ` +
      `syswrite F, q(19M); close F; \\$n += ord substr(\\$_, 4096 * \\$i++, 1) for 1 .. 4800'"; sleep 2; ` +
      "swapoff $D; losetup -d $D; rmdir $C",
  );
  const pages = (text: string) =>
    [...text.matchAll(/^@\[perl, \d+\]: (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  assert(pages(theirs) > 20, theirs);
  assertEquals(pages(ours), pages(theirs));
});
