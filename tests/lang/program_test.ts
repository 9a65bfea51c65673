import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { disassemble } from "../../src/asm/mod.ts";
import type { parseBtf } from "../../src/btf/core.ts";
import { compile, fromJavaScript, type FunctionSyntax, type Place } from "../../src/lang/mod.ts";
import { tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const PLACE: Place = { offset: 0, line: 1, column: 1 };
const ORIGIN = { locate: (place: Place) => ({ ...place, file: "script.ts" }) };

function noTypes(): ReturnType<typeof parseBtf> {
  throw new Error("nothing here needs the types of a kernel");
}

/** The instructions of a function for packets, without a kernel. */
function program(parse: () => FunctionSyntax): string {
  const environment = {
    context: { kind: "xdp" },
    shared: { LIMIT: { kind: "constant", value: 3 } },
    types: noTypes,
    results: { drop: 1n, pass: 2n },
    result: 2n,
  } as const;
  return disassemble(compile({ parse, environment, origin: () => ORIGIN }).instructions);
}

test("a front end needs no JavaScript", () => {
  const name = (name: string) => ({ kind: "name", place: PLACE, name }) as const;
  const byHand: FunctionSyntax = {
    place: PLACE,
    bindings: [
      { name: "ctx", path: ["context"], place: PLACE },
      { name: "limit", path: ["shared", "LIMIT"], place: PLACE },
    ],
    body: [{
      kind: "if",
      place: PLACE,
      condition: {
        kind: "comparison",
        place: PLACE,
        operator: ">",
        left: { kind: "member", place: PLACE, of: name("ctx"), name: "queue" },
        right: name("limit"),
      },
      then: [{ kind: "return", place: PLACE, value: { kind: "text", place: PLACE, value: "drop" } }],
      otherwise: [],
    }],
  };
  const written = () => fromJavaScript(`(c, { LIMIT: l }) => { if (c.queue > l) return "drop"; }`);
  assertEquals(program(() => byHand), program(written));
  assertMatch(program(() => byHand), /if r0 <= 0x3 goto/);
});

test("of what constants rule out, nothing is made", () => {
  const short = program(() => fromJavaScript(`() => {}`));
  for (
    const body of [
      `(c, { LIMIT }) => { if (LIMIT > 5) { for (let i = 0; i < 9; i++) c.queue; return "drop"; } }`,
      `(c, { LIMIT }) => LIMIT === 3 ? "pass" : c.queue > 1 ? "drop" : "pass"`,
      `(c, { LIMIT }) => { return "pass"; return "drop"; }`,
      `(c, { LIMIT }) => { if (LIMIT !== 3 && c.queue) return "drop"; }`,
    ]
  ) assertEquals(program(() => fromJavaScript(body)), short, body);
});

test("a fault has the place of what is wrong in the text", () => {
  const error = assertThrows(
    () => program(() => fromJavaScript("(c) => {\n  return c.quue;\n}")),
    Error,
    "script.ts:2:12",
  );
  assertMatch(error.message, /the context has no "quue": did you mean "queue"\?/);
});

test("a program is explained by the lines that it is made of", { needs: ["bpf", "tracefs"] }, () => {
  using probe = tracepoint("sched:sched_switch", (c) => {
    if (c.cpu === 1000) return;
    return { pid: c.args.next_pid };
  });
  const lines = probe.explain().split("\n");
  const at = lines.findIndex((line) => line.startsWith("; if") && line.includes("c.cpu"));
  assertMatch(lines[at + 1] ?? "", /call bpf_get_smp_processor_id/);
  assertMatch(lines[at + 2] ?? "", /if r0 != 0x3e8 goto/);
});
