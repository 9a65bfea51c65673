import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { add, exit, type Instruction, ldMap, mov, programTag, r0, r1, r2 } from "../../src/asm/mod.ts";
import { BytecodeError, NotSupportedError, SyscallError, VerifierError } from "../../src/errors.ts";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { loadInstructions, loadProgram, type ProgramType } from "../../src/program/mod.ts";
import { shown } from "../_bpf.ts";
import { runScript } from "../_child.ts";
import { test } from "../_harness.ts";

const PASS: readonly Instruction[] = [mov(r0, 2), exit()];

test("loadProgram() loads what bpftool shows", { needs: ["bpf", "bpftool"] }, () => {
  const instructions = [mov(r0, 2), add(r0, 3), exit()];
  using program = loadProgram({ name: "a name/with 20 chars", type: "sched_cls", instructions });
  const { id, name, tag, translatedSize, machineCodeSize, verifiedInstructions } = program.info;
  const facts = shown("prog", id);
  assertEquals([name, tag, translatedSize, machineCodeSize], [
    facts.name,
    facts.tag,
    facts.bytes_xlated,
    facts.bytes_jited,
  ]);
  assertEquals([facts.type, facts.name, facts.gpl_compatible], ["sched_cls", "a_name_with_20_", true]);
  const tags = (["sha256", "sha1"] as const).map((hash) => programTag(instructions, { hash }));
  assertEquals(tags.includes(tag), true); // SHA-1 before Linux 6.18
  assertEquals(verifiedInstructions, instructions.length);
});

test("loadProgram() passes the license on", { needs: ["bpf", "bpftool"] }, () => {
  using program = loadProgram({ name: "own", type: "xdp", instructions: PASS, license: "Proprietary" });
  assertEquals(shown("prog", program.info.id).gpl_compatible, false);
});

test("loadProgram() loads programs of many types", { needs: ["bpf", "bpftool"] }, () => {
  const types: ProgramType[] = ["socket_filter", "kprobe", "tracepoint", "xdp", "perf_event", "cgroup_skb"];
  for (const type of types) {
    using program = loadProgram({ name: "many", type, instructions: [mov(r0, 0), exit()] });
    assertEquals(shown("prog", program.info.id).type, type);
  }
});

test("loadProgram() refuses a type that there is not", () => {
  const type = "xpd" as ProgramType;
  assertThrows(
    () => loadProgram({ name: "typo", type, instructions: PASS }),
    TypeError,
    'Cannot load a program of type "xpd": there is no such type',
  );
});

test("loadProgram() refuses a map that it was not given", () => {
  const instructions = [ldMap(r1, "counts"), ...PASS];
  assertThrows(
    () => loadProgram({ name: "lost", type: "xdp", instructions }),
    BytecodeError,
    'no value for map "counts"',
  );
});

test("loadProgram() of nothing says so", { needs: ["bpf"] }, () => {
  assertThrows(
    () => loadProgram({ name: "empty", type: "xdp", instructions: [] }),
    SyscallError,
    "it has no instructions",
  );
});

test("loadProgram() of too much says how much", { needs: ["bpf"] }, () => {
  // BPF_COMPLEXITY_LIMIT_INSNS
  const instructions = [...Array.from({ length: 1_000_000 }, () => mov(r0, 0)), exit()];
  assertThrows(
    () => loadProgram({ name: "huge", type: "xdp", instructions }),
    SyscallError,
    "it has 1000001 instructions, more than the kernel takes",
  );
});

test("loadProgram() tells why the verifier refuses", { needs: ["bpf"] }, () => {
  const error = assertThrows(
    () => loadProgram({ name: "unset", type: "xdp", instructions: [mov(r0, r2), exit()] }),
    VerifierError,
    'Cannot load program "unset" (xdp): the verifier refuses it: 0: (bf) r0 = r2: R2 !read_ok (all 4 lines are in',
  );
  assertEquals(error.log.slice(1, 3), ["0: (bf) r0 = r2", "R2 !read_ok"]);
  assertEquals((error.cause as SyscallError).code, "EACCES");
});

test("loadProgram() keeps the whole of a log that is longer than its buffer", { needs: ["bpf"] }, () => {
  const count = 20_000;
  const adds = Array.from({ length: count }, () => add(r0, 1));
  const instructions = [mov(r0, 0), ...adds, mov(r0, r2), exit()];
  const { log } = assertThrows(
    () => loadProgram({ name: "long", type: "xdp", instructions }),
    VerifierError,
    `${count + 1}: (bf) r0 = r2: R2 !read_ok`,
  );
  assertEquals(log.join("\n").length > 10 * (64 << 10), true);
  // the verifier looks at every instruction once, and prints each
  for (const index of [0, 1, count / 2, count + 1]) {
    assertEquals(log.filter((line) => line.startsWith(`${index}: (`)).length, 1);
  }
});

test("loadInstructions() of a type that the kernel does not know says so", { needs: ["bpf"] }, () => {
  assertThrows(
    () => loadInstructions({ name: "future", type: 200, instructions: PASS, license: "GPL" }),
    NotSupportedError,
    'Cannot load program "future" (type 200): the kernel refuses it without a reason: it may not know programs of',
  );
});

test("loadProgram() loads at the second try what was refused for a moment", () => {
  let tries = 0;
  using _ = useNative(fakeNative(({ name }) => name !== "bpf" ? 0 : tries++ === 0 ? -12 : 77));
  const { descriptor } = loadProgram({ name: "retry", type: "xdp", instructions: PASS });
  assertEquals([tries, descriptor.take()], [2, 77]);
});

test("loadProgram() names the capabilities that a user lacks", {
  needs: ["root", "bpf", "setpriv"],
}, async () => {
  const lacks = (names: string) => `not permitted: the process lacks ${names}: run it as root`;
  // 0 would have the kernel take some programs and maps from everybody
  const sysctl = readFileSync("/proc/sys/kernel/unprivileged_bpf_disabled", "utf8").trim();
  const bpf = `CAP_BPF, and the sysctl kernel.unprivileged_bpf_disabled is ${sysctl}`;
  const script = new URL("_load.ts", import.meta.url);

  const none = await runScript(script, { capabilities: [] });
  assertEquals(none.stderr, "");
  assertStringIncludes(
    none.stdout,
    `xdp: PermissionError: Cannot load program "probe" (xdp): ${lacks("CAP_BPF, CAP_NET_ADMIN")}\n`,
  );
  assertStringIncludes(none.stdout, `"probe" (socket_filter): ${lacks(bpf)}\n`);
  assertStringIncludes(none.stdout, `"probe" (raw_tracepoint): ${lacks("CAP_BPF, CAP_PERFMON")}\n`);
  assertStringIncludes(
    none.stdout,
    `map: PermissionError: Cannot create map "probe" (hash): ${lacks(bpf)}\n`,
  );

  const some = await runScript(script, { capabilities: ["bpf"] });
  assertStringIncludes(some.stdout, `"probe" (xdp): ${lacks("CAP_NET_ADMIN")}\n`);
  assertStringIncludes(some.stdout, "socket_filter: loads\n");
  assertStringIncludes(some.stdout, `"probe" (raw_tracepoint): ${lacks("CAP_PERFMON")}\n`);
  assertStringIncludes(some.stdout, "map: loads\n");
});
