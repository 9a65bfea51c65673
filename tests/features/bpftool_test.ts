import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  type FeatureAnswer,
  HELPER_NAMES,
  INSTRUCTION_FEATURES,
  MAP_TYPES,
  probeAttachType,
  type ProbedProgramType,
  probeHelper,
  probeInstructions,
  probeMapType,
  probeProgramType,
  PROGRAM_TYPES,
} from "../../src/features/mod.ts";
import { test } from "../_harness.ts";
import { bpftoolIsDeaf, helpersOf, knownHelpers, NOT_ASKED, probedKernel } from "./_bpftool.ts";
import { callableHelpers } from "./_helpers_c.ts";

// How many rows of each kind the bpftool of Debian 12 (7.1, of Linux 6.1) has
const PROGRAM_TYPE_ROWS = 31;
const MAP_TYPE_ROWS = 31;
const HELPER_ROWS = 200;

/** What bpftool's row about a type is about: it tries programs of type `tracing` as fentry, and as nothing else. */
function programType(type: ProbedProgramType): FeatureAnswer {
  const answer = probeProgramType(type);
  return type === "tracing" && answer.state === "present" ? probeAttachType("trace_fentry") : answer;
}

test("program types are those that bpftool finds", { needs: ["root", "bpftool"] }, () => {
  const found = probedKernel().program_types;
  const known = PROGRAM_TYPES.filter((type) => `have_${type}_prog_type` in found);
  assertGreaterOrEqual(known.length, PROGRAM_TYPE_ROWS);
  const states = new Map(known.map((type) => [type, programType(type).state]));
  const refused = known.filter((type) => states.get(type) === "refused");
  // Where a machine lets nobody load programs that trampolines call, bpftool takes these for absent
  assertEquals(refused, refused.length === 0 ? [] : ["tracing", "ext", "lsm"]);
  const expected = known.map((type) => {
    const present = found[`have_${type}_prog_type`] === true;
    return [type, present ? "present" : refused.includes(type) ? "refused" : "absent"];
  });
  assertEquals(Object.fromEntries(states), Object.fromEntries(expected));
});

test("map types are those that bpftool finds", { needs: ["root", "bpftool"] }, () => {
  const found = probedKernel().map_types;
  const known = MAP_TYPES.filter((type) => `have_${type}_map_type` in found);
  assertGreaterOrEqual(known.length, MAP_TYPE_ROWS);
  const states = known.map((type) => [type, probeMapType(type).state]);
  const expected = known.map((type) => [type, found[`have_${type}_map_type`] ? "present" : "absent"]);
  assertEquals(Object.fromEntries(states), Object.fromEntries(expected));
});

test("instructions are those that bpftool finds", { needs: ["root", "bpftool"] }, () => {
  const names: Readonly<Record<string, string>> = {
    v2: "have_v2_isa_extension",
    v3: "have_v3_isa_extension",
    v4: "have_v4_isa_extension",
    large_programs: "have_large_insn_limit",
    bounded_loops: "have_bounded_loops",
  };
  const found = probedKernel().misc;
  const known = INSTRUCTION_FEATURES.filter((name) => (names[name] ?? "") in found);
  assertGreaterOrEqual(known.length, 4);
  const states = known.map((name) => [name, probeInstructions(name).state]);
  const expected = known.map((name) => [name, found[names[name] ?? ""] ? "present" : "absent"]);
  assertEquals(Object.fromEntries(states), Object.fromEntries(expected));
});

for (const type of PROGRAM_TYPES.filter((type) => !NOT_ASKED.has(type))) {
  test(`helpers of type ${type} are those that bpftool finds`, { needs: ["root", "bpftool"] }, () => {
    if (!(`have_${type}_prog_type` in probedKernel().program_types)) return;
    const names = new Set(knownHelpers());
    const known = HELPER_NAMES.filter((helper) => names.has(helper));
    assertGreaterOrEqual(known.length, HELPER_ROWS);
    const found = helpersOf(type);
    const present = known.filter((helper) => probeHelper(helper, type).state === "present");
    // One that finds all helpers everywhere is right about those that are there
    const expected = bpftoolIsDeaf() ? present.filter((helper) => found.has(helper)) : [...found];
    assertEquals(present, expected);
  });

  test(`helpers of type ${type} are those that a program in C finds`, { needs: ["root", "cc"] }, () => {
    const present = HELPER_NAMES.filter((helper) => probeHelper(helper, type).state === "present");
    assertEquals(present, callableHelpers(type));
    assertEquals(present.length > 0, probeProgramType(type).state === "present");
  });
}
