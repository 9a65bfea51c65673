import { assertEquals, assertThrows } from "@std/assert";
import { native, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotFoundError, NotSupportedError } from "../../src/errors.ts";
import { kernelBtf } from "../../src/kernel/mod.ts";
import { attachTracingMulti } from "../../src/link/mod.ts";
import { traceableFunctions } from "../../src/link/_traceable.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

const NEEDS = ["bpf", "btf", "bpftool"] as const;
const EINVAL = 22;
/** `BPF_TRACE_FEXIT_MULTI` of libbpf's bpf.h. */
const FEXIT_MULTI = 60;

/** What `BPF_LINK_CREATE` was asked for. */
interface Asked {
  readonly ids: readonly number[];
  readonly cookies: readonly bigint[] | undefined;
}

/** A kernel that has such links, for a program of `SEC("fexit.multi")`. No kernel that is here does. */
function later(asked: Asked[]): Disposable {
  const real = native();
  return useNative({
    ...real,
    bpf(command, attr, size) {
      if (command !== BPF_CMD.LINK_CREATE) return real.bpf(command, attr, size);
      const memory = (address: bigint, length: number) => new DataView(real.bufferAt(address, length));
      const fields = memory(attr, size);
      if (fields.getUint32(8, true) !== FEXIT_MULTI) return -EINVAL;
      // tracing_multi: ids at 16, cookies at 24, cnt at 32
      const count = fields.getUint32(32, true);
      const cookies = fields.getBigUint64(24, true);
      asked.push({
        ids: Array.from(
          { length: count },
          (_, i) => memory(fields.getBigUint64(16, true), 4 * count).getUint32(4 * i, true),
        ),
        cookies: cookies === 0n
          ? undefined
          : Array.from({ length: count }, (_, i) => memory(cookies, 8 * count).getBigUint64(8 * i, true)),
      });
      return openFile("/dev/null").take();
    },
  });
}

function program() {
  // Of a type whose programs this kernel takes for any target
  return loadProgram({
    name: "on_calls",
    type: "tracing",
    expectedAttachType: "trace_raw_tp",
    attachTo: "sched_process_exec",
    instructions: [mov(r0, 0), exit()],
  });
}

/** The ids of functions, as bpftool lists them. */
function idsByBpftool(...names: readonly string[]): number[] {
  const dump = run("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]);
  return names.map((name) => Number(new RegExp(`^\\[(\\d+)\\] FUNC '${name}'`, "m").exec(dump)?.[1]));
}

test("attachTracingMulti() asks for the functions by their types", { needs: NEEDS }, () => {
  using onCalls = program();
  const asked: Asked[] = [];
  using _native = later(asked);
  using _some = attachTracingMulti(onCalls, { symbols: ["vfs_read", "vfs_write"], cookies: [1n, 1n << 63n] });
  using _like = attachTracingMulti(onCalls, { pattern: "vfs_r?ad" });
  assertEquals(asked, [
    { ids: idsByBpftool("vfs_read", "vfs_write"), cookies: [1n, 1n << 63n] },
    { ids: idsByBpftool("vfs_read"), cookies: undefined },
  ]);
});

test("attachTracingMulti() takes no functions whose arguments programs cannot have", {
  needs: ["btf", "bpftool"],
}, () => {
  const [read, print] = idsByBpftool("vfs_read", "_printk"); // the latter has a variable number of arguments
  assertEquals(traceableFunctions(kernelBtf(), /^(vfs_read|_printk)$/), [read]);
  assertEquals(Number.isInteger(print), true);
});

test("attachTracingMulti() explains refusals", { needs: NEEDS }, () => {
  using onCalls = program();
  for (
    const [options, error, message] of [
      [{ symbols: ["vfs_raed"] }, NotFoundError, 'the kernel has no types of it: did you mean "vfs_read"'],
      [{ pattern: "no_such_*" }, NotFoundError, 'to functions like "no_such_*" of the kernel: none of those'],
      [{ symbols: ["vfs_read"], cookies: [] }, RangeError, "there are 0 cookies for 1 places"],
      [{ symbols: [] }, RangeError, "there are no places to attach to"],
      [{ symbols: ["vfs_read"] }, NotSupportedError, "the kernel may be too old (Linux 7.0 is)"],
    ] as const
  ) {
    assertThrows(() => attachTracingMulti(onCalls, options), error, message);
  }
  using other = loadProgram({ name: "other", type: "xdp", instructions: [mov(r0, 0), exit()] });
  assertThrows(
    () => attachTracingMulti(other, { symbols: ["vfs_read"] }),
    TypeError,
    "the program is of type xdp, not tracing",
  );
});
