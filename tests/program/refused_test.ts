/** What is said of programs that the kernel refuses. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { useNative } from "../../ffi/mod.ts";
import {
  add,
  call,
  exit,
  type Instruction,
  ja,
  jne,
  label,
  ldMap,
  ldx,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  st,
} from "../../src/asm/mod.ts";
import {
  NotFoundError,
  NotSupportedError,
  PermissionError,
  SyscallError,
  VerifierError,
} from "../../src/errors.ts";
import { u32 } from "../../src/codec/mod.ts";
import { moduleBtfs } from "../../src/kernel/mod.ts";
import { createMap, hash } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import {
  type AttachType,
  loadInstructions,
  loadProgram,
  type LoadProgramOptions,
  type LogLevel,
  type ProgramFlag,
} from "../../src/program/mod.ts";
import { BPF_ATTACH_TYPE, BPF_PROG_TYPE } from "../../src/uapi/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { missing } from "../_needs.ts";
import { loadingKernel } from "./_loading_kernel.ts";
import { typedProgram } from "./_typed.ts";

// Read here, since their descriptors are kept for the process: not a leak of the test that looks into them first
if (missing("bpf") === undefined) moduleBtfs();

const NOTHING: readonly Instruction[] = [mov(r0, 0), exit()];

interface Refusal extends Partial<LoadProgramOptions> {
  /** What of the message must be there, besides its head. */
  readonly says: string;
  /** What comes last, where something is to be done. */
  readonly cure?: string;
}

/** What the verifier of Linux 6.18 says, in its own words, and what helps. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  "a helper for the GPL": {
    license: "Proprietary",
    type: "raw_tracepoint",
    instructions: [
      mov(r1, r10),
      add(r1, -8),
      mov(r2, 8),
      mov(r3, 0),
      call("bpf_probe_read_kernel"),
      ...NOTHING,
    ],
    says: "cannot call GPL-restricted function from non-GPL compatible program",
    cure: 'it needs the license "GPL"',
  },
  "a helper of another type": {
    type: "xdp",
    instructions: [call("bpf_skb_pull_data"), ...NOTHING],
    says: "0: (85) call bpf_skb_pull_data#39: ",
    cure: "programs of type xdp may not call bpf_skb_pull_data() in this kernel",
  },
  "a helper that is not there": {
    instructions: [{ ...call("bpf_skb_pull_data"), imm: 9999 }, ...NOTHING],
    says: "invalid func unknown#9999",
    cure: "this kernel has no helper of number 9999: it is older than the program",
  },
  "a number for a pointer": {
    instructions: [mov(r1, 5), ldx("u64", r0, [r1, 0]), exit()],
    says: "R1 invalid mem access 'scalar'",
    cure: "read memory of the kernel by bpf_probe_read_kernel(), or keep the pointer's type",
  },
  "what no path gets to": {
    instructions: [mov(r0, 0), label("again", add(r0, 0)), ja("again"), exit()],
    says: "unreachable insn 3",
    cure: "remove the instructions that no path gets to",
  },
  "a loop that goes on for ever": {
    type: "raw_tracepoint",
    instructions: [ldx("u64", r2, [r1, 0]), label("again", mov(r0, 0)), jne(r2, 0, "again"), exit()],
    says: "infinite loop detected",
    cure: "bound loops by constants, or take bpf_loop(), bpf_for() or a may_goto",
  },
  "too much stack": {
    instructions: [st("u32", [r10, -520], 0), ...NOTHING],
    says: "invalid write to stack R10 off=-520 size=4",
    cure: "the stack has 512 bytes: keep more in a map",
  },
  "sleep where nobody may": {
    type: "xdp",
    flags: ["sleepable"],
    instructions: NOTHING,
    says: "programs can be sleepable",
    cure: 'leave the flag "sleepable" out',
  },
  "nothing to attach to": {
    type: "tracing",
    instructions: NOTHING,
    says: "Tracing programs must provide btf_id",
    cure: "say what it attaches to (attachTo)",
  },
  "a verdict that there is not": {
    type: "sk_lookup",
    instructions: [mov(r0, 5), exit()],
    says: "At program exit the register R0 has ",
    cure: "return a value that the kernel takes from programs of type sk_lookup",
  },
  "a register that was never set": {
    instructions: [mov(r0, r2), exit()],
    says: "0: (bf) r0 = r2: R2 !read_ok",
  },
};

for (const [what, { says, cure, ...options }] of Object.entries(REFUSALS)) {
  test(
    `loadProgram() refuses ${what} in the verifier's words, and says what helps`,
    { needs: ["bpf"] },
    () => {
      const { type = "socket_filter", instructions = [] } = options;
      const error = assertThrows(
        () => loadProgram({ name: "refused", type, ...options, instructions }),
        VerifierError,
        `Cannot load program "refused" (${type}): the verifier refuses it: `,
      );
      assertStringIncludes(error.message, says);
      assertStringIncludes(error.message, `(all ${error.log.length} lines are in the error's log)`);
      assertEquals(
        error.message.endsWith(cure === undefined ? "log)" : `log): ${cure}`),
        true,
        error.message,
      );
    },
  );
}

test("loadProgram() refuses a record that is not given back", { needs: ["bpf"] }, () => {
  using map = createMap(hash(u32, u32), { name: "counts", maxEntries: 1 });
  const instructions = [
    st("u32", [r10, -4], 0),
    mov(r2, r10),
    add(r2, -4),
    ldMap(r1, "counts"),
    call("bpf_map_lookup_elem"),
    ldx("u32", r0, [r0, 0]),
    exit(),
  ];
  assertThrows(
    () => loadProgram({ name: "null", type: "xdp", instructions, maps: { counts: map } }),
    VerifierError,
    "lines are in the error's log): compare the pointer with NULL before its use",
  );
});

test("load() quotes the line of source that the verifier refuses", { needs: ["bpf"] }, async () => {
  for (
    const [name, source, cure] of [
      ["null_dereference", "*count += 1; @ refused.bpf.c:21", "compare the pointer with NULL before its use"],
      [
        "out_of_bounds",
        "return data[100]; @ refused.bpf.c:15",
        "compare the end of the access with data_end before it",
      ],
    ] as const
  ) {
    let message = "";
    try {
      await using _ = await load(fixture("refused"), { only: [name] });
    } catch (error) {
      message = (error as Error).message;
    }
    assertStringIncludes(message, `(at "${source}") (all `);
    assertEquals(message.endsWith(`: ${cure}`), true, message);
  }
});

test("loadProgram() says how programs of a type attach", { needs: ["bpf"] }, () => {
  const refuse = (
    type: LoadProgramOptions["type"],
    expectedAttachType: AttachType | undefined,
    says: string,
  ) =>
    assertThrows(
      () =>
        loadProgram({
          name: "odd",
          type,
          instructions: NOTHING,
          ...(expectedAttachType && { expectedAttachType }),
        }),
      SyscallError,
      `Cannot load program "odd" (${type}): invalid argument (EINVAL from bpf(PROG_LOAD)): ${says}`,
    );
  refuse(
    "cgroup_sockopt",
    undefined,
    "it is not said how it attaches: programs of this type do as one of cgroup_",
  );
  refuse(
    "cgroup_sock_addr",
    "netfilter",
    "it cannot attach as netfilter: programs of this type do as one of ",
  );
  refuse("netfilter", "sk_lookup", "it cannot attach as sk_lookup: programs of this type do as netfilter");
});

test("loadProgram() names what there is to attach to", { needs: ["bpf", "btf"] }, () => {
  const options = { name: "lost", instructions: NOTHING } as const;
  assertThrows(
    () =>
      loadProgram({
        ...options,
        type: "tracing",
        expectedAttachType: "trace_raw_tp",
        attachTo: "sched_process_exe",
      }),
    NotFoundError,
    'Cannot load program "lost" (tracing): the kernel has no "sched_process_exe" to attach to: did you mean "sched_pr',
  );
  assertThrows(
    () => loadProgram({ ...options, type: "xdp", attachTo: "main" }),
    TypeError,
    'Cannot load program "lost" (xdp): only those of type tracing, lsm, ext are loaded for one target',
  );
  using plain = loadProgram({ ...options, name: "plain", type: "xdp" });
  assertThrows(
    () => loadProgram({ ...options, type: "ext", attachTo: { program: plain, function: "main" } }),
    NotFoundError,
    'program "plain" has no BTF: compile it with -g',
  );
  using typed = loadProgram({ name: "typed", type: "xdp", ...typedProgram("main_function") });
  assertThrows(
    () => loadProgram({ ...options, type: "ext", attachTo: { program: typed, function: "main_functio" } }),
    NotFoundError,
    'program "typed" has no function "main_functio": did you mean "main_function"?',
  );
});

test("loadProgram() refuses names that there are not", () => {
  const options = { name: "typo", type: "xdp", instructions: NOTHING } as const;
  const cases = [
    [{ flags: ["sleepy" as ProgramFlag] }, 'with flag "sleepy": there are strict_alignment, any_alignment, '],
    [{ log: ["all" as LogLevel] }, 'Cannot log "all" of a program: there are branch, instruction, stats'],
    [{ expectedAttachType: "xpd" as AttachType }, 'Cannot use attach type "xpd": there is no such type'],
    [
      { expectedAttachType: "toString" as AttachType },
      'Cannot use attach type "toString": there is no such type',
    ],
  ] as const;
  for (const [more, message] of cases) {
    assertThrows(() => loadProgram({ ...options, ...more }), TypeError, message);
  }
});

const INVALID = 22;
const REFUSED = 1;

/** Loads in a kernel of a test's making that answers with a number. */
function refusedBy(
  errno: number,
  release: string,
  program: Partial<Parameters<typeof loadInstructions>[0]> = {},
): Error {
  using _ = useNative(loadingKernel({ release, answer: () => -errno }));
  try {
    loadInstructions({
      name: "p",
      type: BPF_PROG_TYPE.XDP,
      instructions: NOTHING,
      license: "GPL",
      ...program,
    });
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was not refused");
}

test("refusals without a log say what older kernels lack", () => {
  const old = refusedBy(INVALID, "5.4.0", {
    type: BPF_PROG_TYPE.NETFILTER,
    attachType: BPF_ATTACH_TYPE.NETFILTER,
  });
  assertEquals(old instanceof NotSupportedError, true);
  assertStringIncludes(
    old.message,
    'Cannot load program "p" (netfilter): this kernel (5.4.0) has no such programs: they came with Linux 6.4',
  );
  assertStringIncludes(
    refusedBy(INVALID, "5.4.0", { flags: 32 }).message,
    "the kernel may not know its flags: xdp_has_frags (Linux 5.18)",
  );
  assertStringIncludes(
    refusedBy(INVALID, "6.1.0", {
      type: BPF_PROG_TYPE.KPROBE,
      attachType: BPF_ATTACH_TYPE.TRACE_KPROBE_SESSION,
    })
      .message,
    "this kernel may be built without such programs (CONFIG_BPF_EVENTS), or not know attach type trace_kprobe_session",
  );
  assertStringIncludes(
    refusedBy(7, "5.1.0").message,
    "it has 2 instructions, of which kernels before 5.2 take 4096, or an option is newer than the kernel",
  );
  const memory = refusedBy(REFUSED, "5.4.0");
  assertEquals(memory instanceof PermissionError, true);
  assertEquals(memory.message.endsWith("raise it by ulimit -l unlimited"), true, memory.message);
  assertEquals(refusedBy(REFUSED, "6.1.0").message.includes("ulimit"), false);
});

test("refusals without a log name the option that the kernel may be built without", () => {
  for (
    const [type, option] of [
      ["LIRC_MODE2", "CONFIG_BPF_LIRC_MODE2"],
      ["TRACEPOINT", "CONFIG_BPF_EVENTS"],
      ["SCHED_CLS", "CONFIG_NET"],
    ] as const
  ) {
    const { message } = refusedBy(INVALID, "6.18.0", { type: BPF_PROG_TYPE[type] });
    assertStringIncludes(message, `this kernel may be built without such programs (${option})`);
  }
});

test("a kernel that is locked down is named where it refuses", () => {
  const files = { "/sys/kernel/security/lockdown": "none integrity [confidentiality]\n" };
  using _ = useNative(loadingKernel({
    release: "6.18.0",
    files,
    answer(loading) {
      loading.writeLog(
        "0: (85) call bpf_probe_read_kernel#113\nprogram of this type cannot use helper bpf_probe_read_kernel#113\n",
      );
      return -INVALID;
    },
  }));
  const { message } = assertThrows(
    () => loadProgram({ name: "peek", type: "raw_tracepoint", instructions: NOTHING }),
    VerifierError,
  );
  assertStringIncludes(
    message,
    "the kernel is locked down (confidentiality), and has no bpf_probe_read_kernel() then: start it without Secure " +
      "Boot or the option lockdown",
  );
  using _refuses = useNative(loadingKernel({ release: "6.18.0", files, answer: () => -REFUSED }));
  assertThrows(
    () => loadProgram({ name: "peek", type: "raw_tracepoint", instructions: NOTHING }),
    PermissionError,
    "it has CAP_BPF, CAP_PERFMON, but the kernel is locked down (confidentiality): start it without Secure Boot",
  );
});

test("refusals without a log say what the machine lacks", () => {
  const tracing = { type: BPF_PROG_TYPE.TRACING, attachType: BPF_ATTACH_TYPE.TRACE_FENTRY };
  const error = refusedBy(REFUSED, "6.18.0", tracing);
  assertEquals(error instanceof NotSupportedError, true);
  assertEquals(
    error.message,
    'Cannot load program "p" (tracing): this machine refuses programs that are called by trampolines (EPERM with an ' +
      "empty log, though the process has all capabilities): use a tracepoint, raw_tracepoint or tp_btf program, or a " +
      "kprobe where the kernel has them built in",
  );
  // typed raw tracepoints need none
  const other = refusedBy(REFUSED, "6.18.0", { ...tracing, attachType: BPF_ATTACH_TYPE.TRACE_RAW_TP });
  assertEquals(other instanceof PermissionError, true);
  assertStringIncludes(refusedBy(524, "6.18.0").message, "this kernel lacks what it needs, such as a JIT");
  assertStringIncludes(
    refusedBy(14, "6.18.0").message,
    "the verifier stumbled: this is a fault of the kernel's own",
  );
  assertStringIncludes(refusedBy(12, "6.18.0").message, "the kernel has no memory for so large a program");
});
