/**
 * Perf events of a test's own, of the kernel's own clock and of programs.
 *
 * @module
 */
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { type Descriptor, Mapping, pageSize, perfEventOpen, syscall } from "../../src/sys/mod.ts";
import { PERF_COUNT_SW, PERF_SAMPLE, PERF_TYPE } from "../../src/uapi/mod.ts";

/** A counter of the time that the calling thread runs. */
export function counterOfThread(): Counter {
  const fields = { type: PERF_TYPE.SOFTWARE, config: PERF_COUNT_SW.TASK_CLOCK };
  return new Counter(perfEventOpen("a clock", fields, { pid: 0, cpu: -1 }));
}

class Counter implements Disposable {
  readonly #event: Descriptor;

  constructor(event: Descriptor) {
    this.#event = event;
  }

  get fd(): number {
    return this.#event.fd;
  }

  /** What it counts, in ns, as `read(2)` tells. */
  read(): bigint {
    const bytes = allocate(8);
    syscall("read a counter", "read", this.fd, addressOf(bytes), bytes.length);
    keepAlive(bytes);
    return new DataView(bytes.buffer).getBigUint64(0, true);
  }

  [Symbol.dispose](): void {
    this.#event.close();
  }
}

/** Where `struct perf_event_mmap_page` has the end of the data. */
const DATA_HEAD = 1024;
const RECORD_SAMPLE = 9;
const HEADER = 8;

/** What programs write to on a CPU (`PERF_COUNT_SW_BPF_OUTPUT`). */
export class OutputEvent implements Disposable {
  readonly #resources: DisposableStack;
  readonly #memory: Mapping;
  /** The descriptor. */
  readonly fd: number;

  constructor(cpu: number) {
    using undo = new DisposableStack();
    const fields = {
      type: PERF_TYPE.SOFTWARE,
      config: PERF_COUNT_SW.BPF_OUTPUT,
      sample_type: PERF_SAMPLE.RAW,
      sample_period: 1,
    };
    const event = undo.use(perfEventOpen("an output event", fields, { pid: -1, cpu }));
    this.#memory = undo.use(new Mapping(event, { length: 2 * pageSize(), writable: true }));
    this.fd = event.fd;
    this.#resources = undo.move();
  }

  /** The bytes of all samples. */
  samples(): number[][] {
    const view = new DataView(this.#memory.buffer);
    const end = pageSize() + Number(view.getBigUint64(DATA_HEAD, true));
    const samples: number[][] = [];
    // struct perf_event_header { u32 type; u16 misc; u16 size }, then the u32 size of the bytes, and these
    for (let at = pageSize(); at < end; at += view.getUint16(at + 6, true)) {
      if (view.getUint32(at, true) !== RECORD_SAMPLE) continue;
      const size = view.getUint32(at + HEADER, true);
      samples.push([...new Uint8Array(view.buffer, at + HEADER + 4, size)]);
    }
    return samples;
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
