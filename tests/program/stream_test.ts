import { assertEquals, assertThrows } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { NotSupportedError } from "../../src/errors.ts";
import { kernelVersionCode } from "../../src/kernel/mod.ts";
import { load } from "../../src/object/mod.ts";
import { Program, type ProgramStream } from "../../src/program/mod.ts";
import { Descriptor } from "../../src/sys/mod.ts";
import { PROG_STREAM_READ_ATTR } from "../../src/uapi/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const ENOMEM = 12;
const LINUX_6_17 = (6 << 16) + (17 << 8);

test("readStream() takes what a program printed", { needs: ["root", "bpf", "btf"] }, async () => {
  await using object = await load(fixture("streams"));
  const program = object.programs.get("prints");
  if (kernelVersionCode() < LINUX_6_17) {
    assertThrows(() => program.readStream("stdout"), NotSupportedError, "they came with Linux 6.17");
    return;
  }
  const returned = program.run({ context: new Uint8Array(8) }).returnValue | 0;
  const [out, error] = [program.readStream("stdout"), program.readStream("stderr")];
  // The kernel prints to pages that it gets without waiting, or does not: -ENOMEM (bpf_stream_elem_alloc)
  const printed = returned === -ENOMEM ? ["", ""] : ["to stdout: 42\n", "to stderr\n"];
  assertEquals(returned === 1 ? ["", ""] : printed, [out, error]); // 1: the function has another name here
  assertEquals([program.readStream("stdout"), program.readStream("stderr")], ["", ""]);
});

test("readStream() reads on until nothing is left", () => {
  const text = new TextEncoder().encode("€".repeat(3000));
  let at = 0;
  const streams: number[] = [];
  using _ = useNative(fakeNative(({ name, args, memory }) => {
    if (name !== "bpf") return 0;
    const bytes = memory(args[1] ?? 0, PROG_STREAM_READ_ATTR.size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    streams.push(view.getUint32(12, true));
    const size = Math.min(view.getUint32(8, true), text.length - at);
    memory(view.getBigUint64(0, true), size).set(text.subarray(at, at + size));
    at += size;
    return size;
  }));
  using program = new Program(new Descriptor(7, 'program "prints"'), "prints");
  assertEquals(program.readStream("stderr"), "€".repeat(3000));
  assertEquals(streams, [2, 2, 2, 2]);
});

test("readStream() says what kernels before 6.17 lack, and which streams there are", () => {
  using _ = useNative(fakeNative(({ name }) => name === "bpf" ? -22 : 0));
  using program = new Program(new Descriptor(7, 'program "prints"'), "prints");
  assertThrows(
    () => program.readStream("stdout"),
    NotSupportedError,
    'Cannot read a stream of program "prints": this kernel has none: they came with Linux 6.17',
  );
  assertThrows(
    () => program.readStream("stdin" as ProgramStream),
    TypeError,
    'Cannot read stream "stdin" of program "prints": there are stdout and stderr',
  );
});
