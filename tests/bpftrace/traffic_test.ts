import { assert, assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Need, test } from "../_harness.ts";
import { type Case, linesLike, renamed, sideBySide, testCases } from "./_side_by_side.ts";

const NEEDS: readonly Need[] = ["bpf", "btf", "tracefs", "bpftrace"];

const TIME = /^\S+ +/;

const CASES: readonly Case[] = [
  {
    tool: "execsnoop.bt",
    traffic: "/bin/echo waggle-one two three; /usr/bin/env /bin/true waggle-four",
    lines: /waggle-/,
    without: TIME,
    least: 3,
  },
  {
    tool: "opensnoop.bt",
    traffic: "cat /etc/waggle-a /etc/waggle-b; head -c1 /etc/hostname",
    lines: /waggle-/,
    least: 2,
  },
  { tool: "statsnoop.bt", traffic: "stat /etc/waggle-a; stat -f /etc/waggle-b", lines: /waggle-/, least: 2 },
  {
    tool: "killsnoop.bt",
    traffic: "exec perl -e 'kill(0, 1); kill(18, $$); syscall(62, 99999999, 9)'",
    lines: / perl /,
    without: TIME,
    least: 3,
    needs: ["perl"],
  },
  {
    tool: "setuids.bt",
    traffic: "setpriv --reuid=65534 true",
    lines: / setpriv /,
    without: TIME,
    least: 1,
    needs: ["setpriv"],
  },
  {
    tool: "syncsnoop.bt",
    traffic: "sync /etc/hostname; sync -d /etc/hostname",
    lines: / sync +/,
    without: TIME,
    least: 2,
  },
  {
    tool: "naptime.bt",
    traffic: `exec perl -e '$t = pack("qq", 0, 25000000); syscall(35, $t, 0)'`,
    lines: / perl /,
    without: TIME,
    least: 1,
    needs: ["perl"],
  },
  {
    tool: "gethostlatency.bt",
    traffic: "getent ahosts waggle.invalid",
    lines: /waggle\.invalid/,
    without: /^\S+ +| \d+ (?=waggle)/g,
    least: 1,
  },
  {
    tool: "bashreadline.bt",
    traffic: `printf 'echo waggle-line\\nexit\\n' | script -qec 'bash --norc -i' /dev/null`,
    lines: /waggle-line/,
    without: TIME,
    least: 1,
    needs: ["script"],
  },
];

testCases(CASES, NEEDS);

test("syscount.bt counts what bpftrace counts", { needs: NEEDS }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle-`);
  try {
    const dd = renamed(execFileSync("which", ["dd"], { encoding: "utf8" }).trim(), "waggle-dd", folder);
    const { theirs, ours } = await sideBySide(
      "syscount.bt",
      `${dd} if=/dev/zero of=/dev/null bs=1 count=50000`,
    );
    const expected = linesLike(theirs, /waggle-dd/);
    assertEquals(expected.length, 1);
    assertEquals(linesLike(ours, /waggle-dd/), expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The counts of histograms by the labels of their buckets. */
function buckets(text: string): Map<string, number> {
  const rows = text.matchAll(/^([[(]\S+(?: \S+)?) +(\d+) \|/gm);
  return new Map([...rows].map(([, label = "", count]) => [label, Number(count)]));
}

test("runqlat.bt finds the latencies that bpftrace finds", { needs: NEEDS }, async () => {
  // For bpftrace, today's headers are no use
  const forTheirs = (source: string) =>
    source.replace("#include <linux/sched.h>", "").replace("TASK_RUNNING", "0");
  const traffic = "for i in $(seq 1000); do sleep 0.001; done";
  const { theirs, ours } = await sideBySide("runqlat.bt", traffic, { forTheirs });
  const [expected, found] = [buckets(theirs), buckets(ours)];
  const total = (all: ReadonlyMap<string, number>) =>
    [...all.values()].reduce((sum, count) => sum + count, 0);
  assert(total(expected) > 1000, theirs);
  // They begin and end a moment apart
  assert(Math.abs(total(found) - total(expected)) < total(expected) / 2, `${theirs}\n${ours}`);
  for (const [label, count] of expected) {
    if (count < total(expected) / 10) continue;
    const other = found.get(label) ?? 0;
    assert(other > count / 2 && other < count * 2, `${label}: ${other} and ${count}`);
  }
});

test("cpuwalk.bt finds the processors that bpftrace finds", { needs: NEEDS }, async () => {
  const busy = "timeout 2 sh -c 'while :; do :; done' & timeout 2 sh -c 'while :; do :; done'; wait";
  const { theirs, ours } = await sideBySide("cpuwalk.bt", busy);
  const labels = (text: string) =>
    [...buckets(text)].filter(([, count]) => count > 50).map(([label]) => label);
  assert(labels(theirs).length > 0, theirs);
  assertEquals(labels(ours), labels(theirs));
});

test("pidpersec.bt counts the processes that bpftrace counts", { needs: NEEDS }, async () => {
  const { theirs, ours } = await sideBySide(
    "pidpersec.bt",
    "for i in $(seq 200); do /bin/true; done; sleep 1.2",
  );
  const total = (text: string) =>
    [...text.matchAll(/PIDs\/sec: @: (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  assert(total(theirs) >= 200, theirs);
  assert(total(ours) >= 200, ours);
});

test("sslsnoop.bt and ssllatency.bt see the handshakes that bpftrace sees", { needs: NEEDS }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/waggle-`);
  const [key, certificate] = [`${folder}/key.pem`, `${folder}/certificate.pem`];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-subj",
    "/CN=a",
    "-keyout",
    key,
    "-out",
    certificate,
  ];
  execFileSync("openssl", request, { stdio: "ignore" });
  const traffic =
    `timeout 4 openssl s_server -accept 44330 -key ${key} -cert ${certificate} -www & sleep 0.5; ` +
    "echo | timeout 3 openssl s_client -connect 127.0.0.1:44330; kill $!; wait";
  const snoop = await sideBySide("sslsnoop.bt", traffic);
  // Of processes that are gone, bpftrace has no names of functions
  const results = (text: string) =>
    [...text.matchAll(/^\d+ +\d+ +openssl +\d+ +(-?\d+) (?:SSL_|0x)/gm)].map(([, result]) => result);
  assert(results(snoop.theirs).length >= 2, snoop.theirs);
  assertEquals(results(snoop.ours), results(snoop.theirs));
  const latency = await sideBySide("ssllatency.bt", traffic);
  const total = (text: string, map: string) =>
    [...text.matchAll(new RegExp(`^@${map}\\[(?:SSL_\\w+|0x\\w+)\\]: count (\\d+)`, "gm"))]
      .reduce((sum, [, count]) => sum + Number(count), 0);
  for (const map of ["stat", "statF"]) {
    assert(total(latency.theirs, map) > 0, latency.theirs);
    assertEquals(total(latency.ours, map), total(latency.theirs, map), map);
  }
  rmSync(folder, { recursive: true });
});
