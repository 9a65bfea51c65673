/**
 * The functions of the running kernel, its modules and BPF programs.
 *
 * @module
 */
import { nextId, readFile } from "../sys/mod.ts";
import { type Kallsyms, parseKallsyms } from "./_kallsyms.ts";
import { Pace } from "./_pace.ts";
import { attempt, textIfAny } from "./_read.ts";
import type { Frame } from "./frame.ts";

/** Why functions of the kernel have no names. */
export const HIDDEN =
  "Cannot name functions of the kernel: it hides their addresses: sysctl kernel.kptr_restrict=1 and CAP_SYSLOG";

/** Names addresses of the kernel. Reads `/proc/kallsyms` when it is first asked, and again when there is more code. */
export class KernelFunctions {
  #symbols: Kallsyms | undefined;
  readonly #pace = new Pace();
  #modules: string | undefined;
  #lastProgram = 0;

  /** The frame of an address; `inside` is one in its function: for return addresses, that of the call. */
  frame(address: bigint, inside: bigint = address): Frame {
    // As a signed number, which doubles hold exactly up to 2^53
    const place = Number(BigInt.asIntN(64, inside));
    const symbols = this.#symbolsWith(place);
    const entry = symbols.table.find(place);
    if (entry < 0 || symbols.hidden) {
      return { address, kind: "kernel", name: undefined, offset: 0, module: undefined };
    }
    return {
      address,
      kind: "kernel",
      name: symbols.table.nameOf(entry),
      offset: Number(BigInt.asIntN(64, address)) - symbols.table.startOf(entry),
      module: symbols.moduleOf(entry),
    };
  }

  /** Whether the kernel hides addresses from this process. */
  get hidden(): boolean {
    return (this.#symbols ?? this.#read()).hidden;
  }

  #symbolsWith(place: number): Kallsyms {
    const symbols = this.#symbols;
    if (!symbols) return this.#read();
    const entry = symbols.table.find(place);
    // Programs of BPF take the place of others that are gone
    if (entry >= 0 && symbols.moduleOf(entry) !== "bpf") return symbols;
    const isStale = this.#hasMoreCode() || entry < 0 && this.#pace.due && !symbols.hidden;
    return isStale ? this.#read() : symbols;
  }

  #read(): Kallsyms {
    this.#hasMoreCode();
    return this.#symbols = this.#pace.run(() => parseKallsyms(readFile("/proc/kallsyms")));
  }

  /** Whether modules or BPF programs were loaded since it was last asked, as far as this process may see. */
  #hasMoreCode(): boolean {
    const modules = textIfAny("/proc/modules");
    let changed = modules !== this.#modules;
    this.#modules = modules;
    // Numbers of programs only go up
    let next = this.#nextProgram();
    while (next !== undefined && next > this.#lastProgram) {
      this.#lastProgram = next;
      changed = true;
      next = this.#nextProgram();
    }
    return changed;
  }

  #nextProgram(): number | undefined {
    return attempt(() => nextId("PROG", this.#lastProgram));
  }
}
