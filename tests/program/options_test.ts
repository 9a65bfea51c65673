import process from "node:process";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { useNative } from "../../ffi/mod.ts";
import { add, exit, jgt, label, ldx, mov, r0, r1, r2, r3 } from "../../src/asm/mod.ts";
import { VerifierError } from "../../src/errors.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { test } from "../_harness.ts";
import { loadingKernel, OTHER } from "./_loading_kernel.ts";

const PASS = { name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] } as const;
const ENOSPC = 28;
const EACCES = 13;

test("log has what was asked for of a program that is taken", { needs: ["bpf"] }, () => {
  using silent = loadProgram(PASS);
  assertEquals(silent.log, []);
  using stats = loadProgram({ ...PASS, log: ["stats"] });
  assertEquals(stats.log.some((line) => line.startsWith("processed 2 insns (limit 1000000)")), true);
  assertEquals(stats.log.some((line) => line.includes("(b7) r0 = 2")), false);
  using all = loadProgram({ ...PASS, log: ["instruction", "stats"] });
  assertEquals(all.log.some((line) => line.startsWith("0: (b7) r0 = 2")), true);
  using none = loadProgram({ ...PASS, log: [] });
  assertEquals(none.log, []);
  using clone = all.clone();
  assertEquals(clone.log, all.log);
});

test("log is whole however long it is", { needs: ["bpf"] }, () => {
  const count = 20_000;
  const instructions = [mov(r0, 0), ...Array.from({ length: count }, () => add(r0, 1)), exit()];
  using program = loadProgram({ ...PASS, instructions, log: ["instruction"] });
  assertEquals(program.log.join("\n").length > 4 * (64 << 10), true);
  assertEquals(program.log.some((line) => line.startsWith(`${count}: (07) r0 += 1`)), true);
});

/** The sizes of the buffers that are tried until a log of `needed` bytes fits. */
function sizesFor(needed: number, trueSize: number): number[] {
  const sizes: number[] = [];
  using _ = useNative(loadingKernel({
    release: "6.18.0",
    answer(loading) {
      const size = loading.get("log_size");
      sizes.push(size);
      loading.setTrueSize(trueSize);
      loading.writeLog("0: (95) exit\nR0 !read_ok\n");
      return size < needed ? -ENOSPC : -EACCES;
    },
  }));
  assertThrows(() => loadProgram(PASS), VerifierError, "R0 !read_ok");
  return sizes;
}

test("the buffer of a log grows to its true size, and twofold in kernels that do not tell it", () => {
  assertEquals(sizesFor(200_000, 200_000), [0, 65536, 200_000]);
  assertEquals(sizesFor(200_000, 0), [0, 65536, 131072, 262144]);
});

test("reports of Linux 7.3 are told with their own suggestion", () => {
  using _ = useNative(loadingKernel({
    release: "7.3.0",
    answer(loading) {
      loading.writeLog(
        "; return data[100]; @ some.c:15\n0: (71) r0 = *(u8 *)(r1 +100)\ninvalid access to packet\n\n" +
          "Verification failed: Memory Safety: Out of bounds\n\nReason:\n  The access is invalid access to packet.\n\n" +
          "At:\n  some.c:15\n\nSuggestion:\n  Compare with data_end.\n\nprocessed 1 insns\n",
      );
      return -EACCES;
    },
  }));
  const { message, log } = assertThrows(() => loadProgram(PASS), VerifierError);
  assertStringIncludes(
    message,
    "the verifier refuses it: Memory Safety: Out of bounds: The access is invalid access to packet: Compare with " +
      `data_end (at "return data[100]; @ some.c:15") (all ${log.length} lines are in the error's log)`,
  );
  assertEquals(message.endsWith("log)"), true);
});

test("flags reach the kernel by their bits", () => {
  const seen: number[] = [];
  using _ = useNative(loadingKernel({
    release: "6.18.0",
    answer(loading) {
      seen.push(loading.get("prog_flags"));
      return 77;
    },
  }));
  loadProgram(PASS).close();
  loadProgram({ ...PASS, flags: ["xdp_has_frags", "test_state_freq"] }).close();
  loadProgram({ ...PASS, flags: ["any_alignment", "test_rnd_hi32", "xdp_dev_bound_only"] }).close();
  loadProgram({ ...PASS, type: "syscall", flags: ["test_reg_invariants"] }).close();
  assertEquals(seen, [0, 32 | 8, 2 | 4 | 64, 128 | 16]); // BPF_F_… of include/uapi/linux/bpf.h
});

test("a token goes with the program that it is for", () => {
  const seen: number[][] = [];
  using _ = useNative(loadingKernel({
    release: "6.18.0",
    answer(loading) {
      seen.push([loading.get("prog_token_fd"), loading.get("prog_flags")]);
      return 77;
    },
  }));
  loadProgram({ ...PASS, token: "/sys/fs/bpf" }).close();
  assertEquals(seen, [[OTHER, 1 << 16]]); // BPF_F_TOKEN_FD
});

test("strict_alignment refuses what loads without it", { needs: ["bpf"] }, () => {
  // Two bytes of a packet at an odd place
  const instructions = [
    ldx("u32", r2, [r1, 0]),
    ldx("u32", r3, [r1, 4]),
    mov(r0, r2),
    add(r0, 4),
    jgt(r0, r3, "out"),
    ldx("u16", r0, [r2, 1]),
    label("out", mov(r0, 2)),
    exit(),
  ];
  assertThrows(
    () => loadProgram({ ...PASS, instructions, flags: ["strict_alignment"] }),
    VerifierError,
    "misaligned packet access",
  );
  if (process.arch === "x64") loadProgram({ ...PASS, instructions }).close(); // has efficient unaligned access
});
