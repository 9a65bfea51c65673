import { assertEquals } from "@std/assert";
import { type ObjectReport, Report } from "../../src/report/mod.ts";
import { test } from "../_harness.ts";

/** A tool whose program filters, and one that is not attached. */
const SUBJECT: ObjectReport = {
  kind: "object",
  name: "execsnoop",
  findings: [],
  programs: [{
    kind: "program",
    name: "on_exec",
    section: "raw_tp/sched_process_exec",
    id: 17,
    runs: 3,
    misses: 0,
    attachments: [{
      kind: "attachment",
      linkId: 12,
      place: "raw tracepoint sched_process_exec",
      own: false,
      findings: [],
    }],
    findings: [
      {
        level: "problem",
        code: "filtered",
        text: 'it ran and put nothing into "events": it may filter by pid = 5',
      },
      { level: "fact", code: "runs", text: "it ran 3 times in 1 s" },
    ],
  }, {
    kind: "program",
    name: "on_exit",
    section: "raw_tp/sched_process_exit",
    id: 18,
    runs: 0,
    misses: 0,
    attachments: [],
    findings: [{ level: "problem", code: "not-attached", text: "it is not attached: call attach()" }],
  }],
  maps: [{
    kind: "map",
    name: "events",
    type: "ringbuf",
    maxEntries: 4096,
    entries: undefined,
    findings: [{
      level: "unknown",
      code: "contents",
      text: "a-word-that-is-longer-than-any-line-may-be-and-stays-in-one-piece",
    }],
  }],
};

const REPORT = new Report(SUBJECT, 1000);

const AT_60 = `\
likely: program "on_exec": it ran and put nothing into
    "events": it may filter by pid = 5
object "execsnoop":
  program "on_exec" (raw_tp/sched_process_exec):
    it ran 3 times in 1 s
    ! it ran and put nothing into "events": it may filter by
        pid = 5
    link 12 (raw tracepoint sched_process_exec), which a pin
        or another process holds
  program "on_exit" (raw_tp/sched_process_exit):
    ! it is not attached: call attach()
  map "events" (ringbuf):
    ?
        a-word-that-is-longer-than-any-line-may-be-and-stays-in-one-piece`;

const AT_80 = `\
likely: program "on_exec": it ran and put nothing into "events": it may filter
    by pid = 5
object "execsnoop":
  program "on_exec" (raw_tp/sched_process_exec):
    it ran 3 times in 1 s
    ! it ran and put nothing into "events": it may filter by pid = 5
    link 12 (raw tracepoint sched_process_exec), which a pin or another process
        holds
  program "on_exit" (raw_tp/sched_process_exit):
    ! it is not attached: call attach()
  map "events" (ringbuf):
    ? a-word-that-is-longer-than-any-line-may-be-and-stays-in-one-piece`;

const AT_120 = `\
likely: program "on_exec": it ran and put nothing into "events": it may filter by pid = 5
object "execsnoop":
  program "on_exec" (raw_tp/sched_process_exec):
    it ran 3 times in 1 s
    ! it ran and put nothing into "events": it may filter by pid = 5
    link 12 (raw tracepoint sched_process_exec), which a pin or another process holds
  program "on_exit" (raw_tp/sched_process_exit):
    ! it is not attached: call attach()
  map "events" (ringbuf):
    ? a-word-that-is-longer-than-any-line-may-be-and-stays-in-one-piece`;

test("Reports are wrapped to the width that there is", () => {
  assertEquals(REPORT.text({ width: 60 }), AT_60);
  assertEquals(REPORT.text({ width: 80 }), AT_80);
  assertEquals(REPORT.text({ width: 120 }), AT_120);
  assertEquals(`${REPORT}`, REPORT.text({ width: 100 }));
});

test("Where a program ran, what keeps others from running is not the likeliest", () => {
  assertEquals(REPORT.problems.map(({ of, code }) => `${of} ${code}`), [
    'program "on_exec" filtered',
    'program "on_exit" not-attached',
  ]);
  const programs = SUBJECT.programs.map((program) => ({ ...program, runs: 0 }));
  const [first] = new Report({ ...SUBJECT, programs }, 1000).problems;
  assertEquals(first?.code, "not-attached");
});

test("A report without problems says so", () => {
  const [events] = SUBJECT.maps;
  if (!events) throw new Error("There is no map");
  assertEquals(
    new Report({ ...events, findings: [] }, 0).text(),
    'nothing that was found says why nothing would be seen\nmap "events" (ringbuf)',
  );
});

test("Reports are data", () => {
  assertEquals(
    JSON.parse(JSON.stringify(REPORT)),
    JSON.parse(JSON.stringify({ subject: SUBJECT, duration: 1000 })),
  );
});
