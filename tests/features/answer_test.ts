import { assertEquals, assertThrows } from "@std/assert";
import { useNative } from "../../ffi/mod.ts";
import { NotSupportedError, PermissionError, WaggleError } from "../../src/errors.ts";
import {
  allFeatures,
  type FeatureAnswer,
  type FeatureSection,
  probeAttachType,
  probeBtf,
  probeHelper,
  probeInstructions,
  probeKfunc,
  probeLinkType,
  probeMapFlag,
  probeMapType,
  probeProgramType,
  requireFeature,
} from "../../src/features/mod.ts";
import { forgetAnswers } from "../../src/features/_probe.ts";
import { BPF_PROG_TYPE } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";
import { runScript } from "../_child.ts";
import { type Loading, loadingKernel } from "../program/_loading_kernel.ts";

const PROGRAM = 40;
const [EPERM, ENOMEM, EACCES, EINVAL] = [-1, -12, -13, -22];

/** A kernel of a version that answers as `answer` says; counts the programs that it is asked to load. */
function kernel(
  release: string,
  answer: (loading: Loading) => number,
  files: Readonly<Record<string, string>> = {},
) {
  const state = { loads: 0 };
  const fake = loadingKernel({
    release,
    files,
    answer(loading) {
      state.loads++;
      return answer(loading);
    },
  });
  // What is known of the machine's own kernel is of no use here, nor what is found out here later
  forgetAnswers();
  const used = useNative(fake);
  return {
    state,
    [Symbol.dispose]() {
      used[Symbol.dispose]();
      forgetAnswers();
    },
  };
}

test("the kernel is asked about a feature once", () => {
  using fake = kernel("6.1.0", () => PROGRAM);
  assertEquals(probeInstructions("v2"), {
    feature: 'instruction set feature "v2"',
    since: "4.14",
    state: "present",
  });
  assertEquals(fake.state.loads, 1);
  requireFeature(probeInstructions("v2"));
  assertEquals(fake.state.loads, 1);
});

test("a feature that is absent says which Linux has it, and stays so", () => {
  using fake = kernel("5.4.0", () => EINVAL);
  const answer = probeProgramType("syscall");
  assertEquals(answer, { feature: 'program type "syscall"', since: "5.14", state: "absent" });
  assertThrows(
    () => requireFeature(answer),
    NotSupportedError,
    'Cannot use program type "syscall": this kernel (5.4.0) lacks it: it came with Linux 5.14',
  );
  const before = fake.state.loads;
  assertEquals(probeProgramType("syscall"), answer);
  assertEquals(fake.state.loads, before);
});

test("a kernel that is new enough may be built without a feature", () => {
  using _ = kernel("6.1.0", () => EINVAL);
  assertThrows(
    () => requireFeature(probeProgramType("lirc_mode2")),
    NotSupportedError,
    "this kernel (6.1.0) lacks it: it is built without it, though Linux has it since 4.18",
  );
});

test("what a passing error hid is asked about again", () => {
  let answer = ENOMEM;
  using fake = kernel("6.1.0", () => answer);
  const unknown = probeProgramType("sk_msg");
  assertEquals(unknown, {
    feature: 'program type "sk_msg"',
    since: "4.17",
    state: "unknown",
    reason: "the kernel says: out of memory (ENOMEM)",
    missing: [],
  });
  assertThrows(
    () => requireFeature(unknown),
    WaggleError,
    'Cannot tell whether there is program type "sk_msg": the kernel says: out of memory',
  );
  answer = PROGRAM;
  assertEquals(probeProgramType("sk_msg").state, "present");
  assertEquals(fake.state.loads, 2);
});

test("a process without capabilities cannot tell, whatever the error is", () => {
  for (const errno of [EPERM, EINVAL]) {
    using _ = kernel("6.1.0", () => errno, { "/proc/self/status": "CapEff:\t0000000000000000\n" });
    const unknown = probeProgramType("lwt_in");
    assertEquals(unknown, {
      feature: 'program type "lwt_in"',
      since: "4.10",
      state: "unknown",
      reason: "the process lacks CAP_BPF, CAP_NET_ADMIN: run it as root",
      missing: ["CAP_BPF", "CAP_NET_ADMIN"],
    });
    assertThrows(() => requireFeature(unknown), PermissionError, "the process lacks CAP_BPF, CAP_NET_ADMIN");
  }
  using _ = kernel("6.1.0", () => PROGRAM);
  assertEquals(probeProgramType("lwt_in").state, "present");
});

test("a type that alone is refused is there, but for nobody", () => {
  using fake = kernel("6.18.0", (load) => load.get("prog_type") === BPF_PROG_TYPE.LSM ? EPERM : PROGRAM);
  const refused = probeProgramType("lsm");
  assertEquals(refused, {
    feature: 'program type "lsm"',
    since: "5.7",
    state: "refused",
    reason: "this machine refuses it (EPERM, though the process has all capabilities)",
  });
  assertThrows(
    () => requireFeature(refused),
    NotSupportedError,
    'Cannot use program type "lsm": this machine',
  );
  const before = fake.state.loads;
  assertEquals(probeProgramType("lsm"), refused);
  assertEquals(fake.state.loads, before);
  assertEquals(probeHelper("bpf_map_lookup_elem", "lsm").state, "refused");
});

test("where all programs are refused, nothing is known of one", () => {
  using _ = kernel("6.18.0", () => EPERM);
  const answer = probeProgramType("sk_lookup");
  assertEquals(answer.state, "unknown");
  assertThrows(() => requireFeature(answer), WaggleError, "bpf(2) is refused altogether (EPERM)");
});

test("a helper is absent by the words of every kernel, and present by all others", () => {
  const logs = {
    bpf_sk_assign: ["0: (85) call bpf_sk_assign#124", "unknown func bpf_sk_assign#124"],
    bpf_sk_release: ["program of this type cannot use helper bpf_sk_release#86"],
    bpf_cgrp_storage_get: ["invalid func unknown#210"],
    bpf_map_pop_elem: ["0: (85) call bpf_map_pop_elem#88", "R1 type=ctx expected=map_ptr"],
  };
  let log: readonly string[] = [];
  using _ = kernel("6.18.0", (load) => {
    if (load.get("insn_cnt") !== 2 || log.length === 0) return PROGRAM;
    load.writeLog([...log, "processed 1 insns (limit 1000000)", ""].join("\n"));
    return log.some((line) => line.includes("expected")) ? EACCES : EINVAL;
  });
  assertEquals(probeProgramType("tracepoint").state, "present");
  const states = Object.entries(logs).map(([helper, lines]) => {
    log = lines;
    return [helper, probeHelper(helper as keyof typeof logs, "tracepoint").state];
  });
  assertEquals(Object.fromEntries(states), {
    bpf_sk_assign: "absent",
    bpf_sk_release: "absent",
    bpf_cgrp_storage_get: "absent",
    bpf_map_pop_elem: "present",
  });
});

test("a helper that lockdown takes away is there, but for nobody", () => {
  const log = (name: string) => `program of this type cannot use helper ${name}`;
  const files = { "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n" };
  let line = "";
  using _ = kernel("6.18.0", (load) => {
    if (line === "") return PROGRAM;
    load.writeLog(`${line}\nprocessed 0 insns\n`);
    return EINVAL;
  }, files);
  for (const type of ["kprobe", "xdp"] as const) assertEquals(probeProgramType(type).state, "present");
  line = log("bpf_probe_write_user#36");
  const refused = probeHelper("bpf_probe_write_user", "kprobe");
  assertEquals(refused.state, "refused");
  assertThrows(() => requireFeature(refused), NotSupportedError, "the kernel is locked down (integrity)");
  assertEquals(probeHelper("bpf_probe_write_user", "xdp").state, "absent");
  line = log("bpf_probe_read_kernel#113"); // which only the other mode takes away
  assertEquals(probeHelper("bpf_probe_read_kernel", "kprobe").state, "absent");
});

test("names that nothing has are refused with what is close", () => {
  const never = <T>(name: string) => name as T & never;
  for (
    const [ask, message] of [
      [() => probeMapType(never("ringbuff")), 'map type "ringbuff": there is none: did you mean "ringbuf"'],
      [() => probeMapType(never("unspec")), 'map type "unspec": there is none'],
      [() => probeMapFlag(never("mmapabel")), 'map flag "mmapabel": there is none: did you mean "mmapable"'],
      [() => probeProgramType(never("xpd")), 'program type "xpd": there is none: did you mean "xdp"'],
      [() => probeProgramType(never("constructor")), 'program type "constructor": there is none'],
      [
        () => probeHelper(never("bpf_get_curent_task"), "kprobe"),
        'helper "bpf_get_curent_task": there is none: did you mean "bpf_get_current_task"',
      ],
      [
        () => probeHelper("bpf_loop", never("kprobes")),
        'program type "kprobes": there is none: did you mean "kprobe"',
      ],
      [
        () => probeHelper("bpf_loop", "xdp", { attachType: never("xdp_dev") }),
        'attach type "xdp_dev": there is none',
      ],
      [
        () => probeAttachType(never("tcx_ingres")),
        'attach type "tcx_ingres": there is none: did you mean "tcx_ingress"',
      ],
      [() => probeLinkType(never("tc")), 'link type "tc": there is none: did you mean "tcx"'],
      [() => probeBtf(never("enum46")), 'BTF feature "enum46": there is none: did you mean "enum64"'],
      [
        () => probeInstructions(never("v5")),
        'instruction set feature "v5": there is none: did you mean "v2"',
      ],
      [
        () => probeKfunc("bpf_task_acquire", never("xdpp")),
        'program type "xdpp": there is none: did you mean "xdp"',
      ],
      [
        () => [...allFeatures(never<FeatureSection>("maps"))],
        'section "maps": there are program_types, attach_types',
      ],
    ] as const
  ) {
    assertThrows(ask, TypeError, `Cannot probe ${message}`);
  }
});

for (
  const [capabilities, expected] of [
    [[], {
      socket_filter: ["CAP_BPF"],
      xdp: ["CAP_BPF", "CAP_NET_ADMIN"],
      trace_fentry: ["CAP_BPF", "CAP_PERFMON"],
    }],
    [["bpf"], { socket_filter: [], xdp: ["CAP_NET_ADMIN"], trace_fentry: ["CAP_PERFMON"] }],
  ] as const
) {
  const has = capabilities.length === 0 ? "none" : capabilities.join(", ");
  test(`a process with capabilities ${has} knows what it lacks`, { needs: ["bpf", "setpriv"] }, async () => {
    const { stdout, stderr } = await runScript(new URL("_ask.ts", import.meta.url), { capabilities });
    const answers = JSON.parse(stdout || stderr) as Record<string, FeatureAnswer>;
    const missing = Object.entries(answers).map(([name, answer]) => {
      return [name, answer.state === "unknown" ? answer.missing : []];
    });
    assertEquals(Object.fromEntries(missing), expected);
    assertEquals(answers["socket_filter"]?.state, has === "none" ? "unknown" : "present");
  });
}
