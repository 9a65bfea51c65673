/**
 * Programs that are loaded into the kernel.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { allocate, type Attr, type Descriptor, objInfo, progTestRun } from "../sys/mod.ts";
import { PROG_INFO, type PROG_TEST_RUN_ATTR } from "../uapi/mod.ts";
import { explainRun } from "./explain.ts";

/** What the kernel knows about a program (`struct bpf_prog_info`). */
export interface ProgramInfo {
  /** The number that the kernel gave it. */
  readonly id: number;
  /** `enum bpf_prog_type`. */
  readonly type: number;
  /** At most 15 bytes. */
  readonly name: string;
  /** 16 hexadecimal digits: a hash of the instructions as they were loaded. */
  readonly tag: string;
  /** Of the instructions after the verifier's rewriting, in bytes. */
  readonly translatedSize: number;
  /** Of the machine code, in bytes; 0 where the kernel interprets. */
  readonly machineCodeSize: number;
  /** How many instructions the verifier looked at. Since Linux 5.16. */
  readonly verifiedInstructions: number;
}

/** Options of {@linkcode Program.run}. */
export interface RunOptions {
  /** The packet or other data for the program; at least 14 bytes for network programs. */
  readonly data?: Uint8Array;
  /** How often to run; once by default. Programs for tracing cannot be asked to run more often. */
  readonly repeat?: number;
}

/** What a test run gave. */
export interface RunResult {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly returnValue: number;
  /** The data after the run. */
  readonly data: Uint8Array;
  /** The mean of all runs, in ns. */
  readonly duration: number;
}

/** Room for a packet that the program makes longer, in bytes: `XDP_PACKET_HEADROOM` and the most `adjust_tail` adds. */
const GROWTH = 4096;

const MAX_REPEAT = 0xffff_ffff;

/** A program in the kernel. */
export class Program implements Disposable {
  /** The name in the source. */
  readonly name: string;
  /** What the section names after the type: `sched/sched_process_exec`; empty where nothing. */
  readonly attachTo: string;
  readonly #descriptor: Descriptor;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, name: string, attachTo = "") {
    this.name = name;
    this.attachTo = attachTo;
    this.#descriptor = descriptor;
  }

  /** The descriptor, for system calls. */
  get descriptor(): Descriptor {
    return this.#descriptor;
  }

  /** What the kernel knows about the program. */
  get info(): ProgramInfo {
    const info = objInfo(this.#descriptor, PROG_INFO, {});
    const [tagAt, tagSize] = PROG_INFO.fields.tag;
    return {
      id: info.get("id"),
      type: info.get("type"),
      name: info.text("name"),
      tag: info.bytes.subarray(tagAt, tagAt + tagSize).toHex(),
      translatedSize: info.get("xlated_prog_len"),
      machineCodeSize: info.get("jited_prog_len"),
      verifiedInstructions: info.get("verified_insns"),
    };
  }

  /**
   * Runs the program once or more on data of the caller's, without attaching it (`BPF_PROG_TEST_RUN`). Since Linux 4.12,
   * for network programs, and for some others later.
   *
   * @throws {NotSupportedError} The kernel cannot run programs of this type by hand.
   * @throws {SyscallError} The data is too short or too long for the type.
   * @throws {RangeError} `repeat` is not a positive integer.
   */
  run({ data = new Uint8Array(0), repeat = 1 }: RunOptions = {}): RunResult {
    if (!Number.isInteger(repeat) || repeat < 1 || repeat > MAX_REPEAT) {
      throw new RangeError(
        `Cannot run program "${this.name}": repeat ${repeat} is not an integer from 1 to ${MAX_REPEAT}`,
      );
    }
    const out = data.length === 0 ? data : allocate(data.length + GROWTH);
    const attr = this.#testRun(data, out, repeat);
    return {
      returnValue: attr.get("retval"),
      data: out.subarray(0, attr.get("data_size_out")),
      duration: attr.get("duration"),
    };
  }

  #testRun(data: Uint8Array, out: Uint8Array, repeat: number): Attr<typeof PROG_TEST_RUN_ATTR> {
    try {
      return progTestRun(`program "${this.name}"`, {
        prog_fd: this.#descriptor.fd,
        data_in: data,
        data_size_in: data.length,
        data_out: out,
        data_size_out: out.length,
        // 0 is once, too, and all that programs for tracing take (bpf_prog_test_run_raw_tp)
        repeat: repeat === 1 ? 0 : repeat,
      });
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      throw explainRun(error, this.name, this.info.type, data.length);
    }
  }

  /** Closes the program. The kernel keeps it for as long as a link, a pin or another descriptor uses it. */
  close(): void {
    this.#descriptor.close();
  }

  /** Closes the program. */
  [Symbol.dispose](): void {
    this.close();
  }
}
