import { assertEquals, assertMatch } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { explainSilence, type ObjectReport } from "../../src/report/mod.ts";
import { runScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { number, silent } from "./_silent.ts";

const NEEDS = ["root", "bpf", "btf"] as const;
const EXAMPLE = new URL("_example.ts", import.meta.url);
const UNPRIVILEGED = new URL("_unprivileged.ts", import.meta.url);

test("explainSilence() prints the report where nothing came", { needs: NEEDS }, async () => {
  await using object = await silent(["on_number"]);
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  {
    using _silence = explainSilence(object, { print });
  }
  assertEquals(printed.length, 1);
  assertMatch(printed[0] ?? "", /^likely: program "on_number": it is not attached/);
  {
    using _silence = explainSilence(object, { print, seen: () => true });
  }
  number(object, 1);
  {
    using _silence = explainSilence(object, { print });
  }
  assertEquals(printed.length, 1);
  {
    using _silence = explainSilence(object, { print, seen: () => false });
  }
  assertEquals(printed.length, 2);
});

test("explainSilence() says nothing of a script that its signal did not end", { needs: NEEDS }, async () => {
  await using object = await silent(["on_number"]);
  const end = new AbortController();
  const printed: string[] = [];
  const options = { signal: end.signal, print: (text: string) => void printed.push(text) };
  {
    using _silence = explainSilence(object, options);
  }
  assertEquals(printed, []);
  {
    using _silence = explainSilence(object, options);
    end.abort();
  }
  assertEquals(printed.length, 1);
});

test("An example that saw nothing says why on standard error", { needs: NEEDS }, async () => {
  for (const duration of ["10ms", "300ms"]) { // before the report is imported, and after
    const { status, stdout, stderr } = await runScript(EXAMPLE, { args: ["--duration", duration] });
    assertEquals([status, stdout], [0, ""]);
    assertMatch(stderr, /^object "silent":$/m);
    assertMatch(stderr, /^ {6}! the kernel did not come by that tracepoint meanwhile: .* memory$/m);
  }
});

test("An example that saw something says nothing of why not", { needs: NEEDS }, async () => {
  const args = ["--json", "--duration", `${Number(process.env["WAGGLE_TEST_PATIENCE"] ?? 1)}s`];
  const { status, stdout, stderr } = await runScript(EXAMPLE, { args });
  assertEquals([status, stdout, stderr], [0, "64\n", ""]);
});

const SWITCH = "/proc/sys/kernel/bpf_stats_enabled";

test(
  "A process without CAP_SYS_ADMIN is told what it cannot know",
  { needs: [...NEEDS, "setpriv"] },
  async () => {
    const capabilities = ["bpf", "perfmon"];
    const before = readFileSync(SWITCH, "utf8");
    const explained = async (value: string) => {
      writeFileSync(SWITCH, value);
      try {
        const { stdout, stderr } = await runScript(UNPRIVILEGED, { capabilities });
        assertEquals(stderr, "");
        return (JSON.parse(stdout).subject as ObjectReport).programs;
      } finally {
        writeFileSync(SWITCH, before);
      }
    };
    const [number, disaster] = await explained("0");
    assertEquals(disaster?.attachments.map(({ place, own }) => [place, own]), [[
      "raw tracepoint mark_victim",
      true,
    ]]);
    assertEquals(disaster?.findings.map(({ level, code }) => [level, code]), [["unknown", "runs"]]);
    assertMatch(
      disaster?.findings[0]?.text ?? "",
      /not counted: Cannot enable statistics of programs: not permitted/,
    );
    assertMatch(
      number?.findings[0]?.text ?? "",
      /^this process attaches it nowhere; whether another or a pin does is not known: Cannot list the links/,
    );
    assertEquals(number?.findings[0]?.level, "unknown");
    // Where everybody's runs are counted already
    const [, counted] = await explained("1");
    assertEquals(counted?.runs, 0);
  },
);
