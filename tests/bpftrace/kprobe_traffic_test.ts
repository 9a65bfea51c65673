import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { type Need, test } from "../_harness.ts";
import { type Case, linesLike, sideBySide, testCases } from "./_side_by_side.ts";

// Most of these want kprobes, and take minutes in a machine that has them:
// deno task test:vm 6.12 -- tests/bpftrace/kprobe_traffic_test.ts
const NEEDS: readonly Need[] = ["bpf", "btf", "kprobe", "bpftrace"];
const TIME = /^\S+ +/;

/** A connection to itself in one process, over which both sides say something. */
const CONNECTION = "ip link set lo up; exec perl -MIO::Socket::INET -e '" +
  '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 40123, Listen => 5, ReuseAddr => 1) or die; ' +
  '$c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => 40123) or die; $a = $s->accept; ' +
  'print $c "x" x 4096; close $c; 1 while <$a>; close $a; close $s;' + "'";

const CASES: readonly Case[] = [
  {
    tool: "capable.bt",
    traffic: "chroot / true",
    lines: / chroot .*CAP_SYS_CHROOT/,
    without: TIME,
    least: 1,
  },
  {
    tool: "dcsnoop.bt",
    traffic: "stat /etc/waggle-missing",
    lines: / M waggle-missing/,
    without: TIME,
    least: 1,
  },
  {
    tool: "tcpconnect.bt",
    traffic: CONNECTION,
    lines: / 40123 *$/,
    without: TIME,
    least: 1,
    needs: ["perl"],
  },
  { tool: "tcpaccept.bt", traffic: CONNECTION, lines: / 40123 /, without: TIME, least: 1, needs: ["perl"] },
  {
    tool: "tcplife.bt",
    traffic: CONNECTION,
    lines: / 40123 /,
    without: / +\d+ *$/, // how long it lasted
    least: 2,
    needs: ["perl"],
  },
  { tool: "tcpsynbl.bt", traffic: CONNECTION, lines: /^@backlog\[|\|@/, least: 2, needs: ["perl"] },
  {
    tool: "undump.bt",
    traffic:
      `exec perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_STREAM, 0); syswrite(A, "waggle\\n"); sysread(B, $_, 99)'`,
    lines: / perl .*waggle/,
    without: TIME,
    least: 1,
    needs: ["perl"],
  },
  {
    tool: "oomkill.bt",
    traffic:
      "echo +memory > /sys/fs/cgroup/cgroup.subtree_control; C=/sys/fs/cgroup/waggle-oom; mkdir $C; echo 30M > $C/memory.max; echo 0 > $C/memory.swap.max; " +
      `sh -c "echo \\$\\$ > $C/cgroup.procs; exec perl -e '\\$_ = q(x) x 100000000'"; sleep 0.2; rmdir $C`,
    lines: /OOM kill of PID \d+ \("perl"\)/,
    without: /^\S+ +|, loadavg.*/g,
    least: 1,
    needs: ["perl", "cgroup"],
  },
  {
    tool: "tcpretrans.bt",
    traffic:
      "ip link set lo up; ip route add 198.51.100.7 dev lo; timeout 8 bash -c 'exec 3<>/dev/tcp/198.51.100.7/81'; " +
      "ip route del 198.51.100.7 dev lo",
    lines: /198\.51\.100\.7:81 +SYN_SENT/,
    without: /^\S+ +\S+ +|:\d+ +(?=198)/g,
    least: 1,
  },
];

/** The counts of a map by function, of all times that it is printed. */
function counts(text: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [, name = "", count] of text.matchAll(/^@\[(\w+)\]: (\d+)$/gm)) {
    sums.set(name, (sums.get(name) ?? 0) + Number(count));
  }
  return sums;
}

/** With the names of functions instead of patterns: bpftrace 0.17 fails to attach a probe that has several of those. */
function withNames(source: string): string {
  const functions = readFileSync("/sys/kernel/tracing/available_filter_functions", "utf8").match(/^\w+/gm) ??
    [];
  return source.replace(
    /kprobe:(\w+)\*/g,
    (_, start) =>
      functions.filter((name) => name.startsWith(start)).map((name) => `kprobe:${name}`).join(", "),
  );
}

for (const [tool, forTheirs] of [["vfscount.bt", String], ["vfsstat.bt", withNames]] as const) {
  test(`${tool} counts the functions that bpftrace counts`, { needs: NEEDS }, async () => {
    const traffic = "for i in 1 2 3 4 5; do cat /etc/hostname /etc/passwd; done; sleep 3";
    const { theirs, ours } = await sideBySide(tool, traffic, { forTheirs });
    const [expected, found] = [counts(theirs), counts(ours)];
    const often = [...expected].filter(([, count]) => count >= 20).map(([name]) => name);
    assert(often.length > 0, theirs);
    assertEquals(often.filter((name) => !found.has(name)), []);
  });
}

for (const tool of ["biolatency.bt", "biosnoop.bt", "biostacks.bt"]) {
  test(`${tool} attaches where bpftrace does`, { needs: NEEDS }, async () => {
    const { theirs, ours } = await sideBySide(tool, "sync");
    assertEquals(ours.split("\n")[0], theirs.split("\n")[0]);
  });
}

test("loads.bt reads the load that bpftrace reads", { needs: NEEDS }, async () => {
  const { theirs, ours } = await sideBySide("loads.bt", "sleep 3");
  const loads = (text: string) =>
    linesLike(text, /load averages/, /^.*averages: /).map((line) => parseFloat(line));
  assert(loads(theirs).length > 0 && loads(ours).length > 0, `${theirs}\n${ours}`);
  assert(Math.abs((loads(theirs)[0] ?? 0) - (loads(ours)[0] ?? 0)) < 0.5, `${theirs}\n${ours}`);
});

test("runqlen.bt finds the lengths that bpftrace finds", { needs: NEEDS }, async () => {
  const { theirs, ours } = await sideBySide("runqlen.bt", "sleep 2");
  const labels = (text: string) => [...text.matchAll(/^\[(\d+), \d+\) +(\d+)/gm)].map(([, from]) => from);
  assert(labels(theirs).length > 0, theirs);
  assertEquals(labels(ours)[0], labels(theirs)[0]);
});

test(
  "tcpdrop.bt sees the packets that bpftrace sees the kernel drop",
  { needs: [...NEEDS, "perl"] },
  async () => {
    // bpftrace 0.17 cannot declare that tracepoint, nor what is in a packet beside a header; the tracepoint is in this function
    const forTheirs = (source: string) =>
      source.replace("#include <sys/socket.h>", "").replaceAll("AF_INET6", "10").replaceAll("AF_INET", "2")
        .replace("tracepoint:skb:kfree_skb\n{", "kprobe:sk_skb_reason_drop\n{")
        .replace("args->reason", "arg2").replace("SKB_DROP_REASON_NOT_SPECIFIED", "2")
        .replace("args->skbaddr", "arg1");
    const listenOnly = "ip link set lo up; exec perl -MIO::Socket::INET -e '" +
      '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 40124, Listen => 5) or die; ' +
      '$c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => 40124) or die; print $c "x"; close $s;' +
      "'";
    const { theirs, ours } = await sideBySide("tcpdrop.bt", listenOnly, { forTheirs });
    const drops = (text: string) => linesLike(text, / perl .* 127\.0\.0\.1:/, TIME);
    assert(drops(theirs).length > 0, theirs);
    assertEquals(drops(ours), drops(theirs));
  },
);

testCases(CASES, NEEDS);
