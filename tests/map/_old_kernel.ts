/**
 * The running kernel, without what newer ones brought.
 *
 * @module
 */
import { native, useNative } from "../../ffi/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";

/** `BPF_MAP_*_BATCH` came with Linux 5.6. */
const BATCH_COMMANDS: readonly number[] = [
  BPF_CMD.MAP_LOOKUP_BATCH,
  BPF_CMD.MAP_LOOKUP_AND_DELETE_BATCH,
  BPF_CMD.MAP_UPDATE_BATCH,
  BPF_CMD.MAP_DELETE_BATCH,
];
const EINVAL = 22;

/** This kernel, as one before 5.6 that knows no batches, until disposed of; maps are to be opened within. */
export function withoutBatches(): Commands {
  return recording(BATCH_COMMANDS);
}

/** This kernel, whose commands are counted until disposed of. */
export function countingCommands(): Commands {
  return recording([]);
}

/** The commands that were asked for so far. */
interface Commands extends Disposable {
  readonly calls: number[];
}

function recording(refused: readonly number[]): Commands {
  const real = native();
  const calls: number[] = [];
  const restore = useNative({
    ...real,
    bpf(command, attr, size) {
      calls.push(command);
      return refused.includes(command) ? -EINVAL : real.bpf(command, attr, size);
    },
  });
  return { calls, [Symbol.dispose]: () => restore[Symbol.dispose]() };
}
