/**
 * What programs print.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import { allocate, type Descriptor, ERRNO, progStreamRead } from "../sys/mod.ts";

/** The name of a stream of a program. */
export type ProgramStream = "stdout" | "stderr";

/** The kernel's numbers of streams: `BPF_STDOUT` and `BPF_STDERR` of include/uapi/linux/bpf.h. */
const STREAMS: Readonly<Record<ProgramStream, number>> = { stdout: 1, stderr: 2 };

const CHUNK = 4096;

/** Takes all that is in a stream. */
export function readStream(program: Descriptor, stream: ProgramStream): string {
  if (!Object.hasOwn(STREAMS, stream)) {
    throw new TypeError(
      `Cannot read stream "${stream}" of ${program.what}: there are ${Object.keys(STREAMS).join(" and ")}`,
    );
  }
  const number = STREAMS[stream];
  const decoder = new TextDecoder();
  const chunk = allocate(CHUNK);
  let text = "";
  for (let size = read(program, number, chunk); size > 0; size = read(program, number, chunk)) {
    text += decoder.decode(chunk.subarray(0, size), { stream: true });
  }
  return text + decoder.decode();
}

function read(program: Descriptor, stream: number, chunk: Uint8Array): number {
  try {
    return progStreamRead(program, stream, chunk);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EINVAL) throw cause;
    throw new NotSupportedError(
      `Cannot read a stream of ${program.what}: this kernel has none: they came with Linux 6.17`,
      { cause },
    );
  }
}
