/**
 * Names of addresses, accounts and cgroups.
 *
 * @module
 */
import type { BpfMap, StackTraceMap } from "../map/core.ts";
import { stacksOf } from "../lang/bpftrace/mod.ts";
import type { Frame, Symbolizer } from "../symbols/mod.ts";
import { CLOCK, clockTime, readFile } from "../sys/mod.ts";
import { cgroupPath } from "./cgroups.ts";
import type { Moment } from "./strftime.ts";

/** A frame of a stack as bpftrace shows it. */
export type ShownFrame = Pick<Frame, "address" | "name" | "offset" | "module">;

/** Finds names, and keeps them. */
export class Names implements Disposable {
  #symbols: Symbolizer | undefined;
  #closed = false;
  readonly #maps: Readonly<Record<string, BpfMap>>;
  #accounts: ReadonlyMap<string, string> | undefined;

  /** Stacks are in these maps. */
  constructor(maps: Readonly<Record<string, BpfMap>>) {
    this.#maps = maps;
  }

  /** Loads what names addresses, which most scripts do not need; before that, addresses are shown as such. */
  async load(): Promise<void> {
    const { Symbolizer } = await import("../symbols/mod.ts");
    if (!this.#closed) this.#symbols ??= new Symbolizer();
  }

  /** The function of the kernel at an address, or the address. */
  kernel(address: bigint): string {
    if (address === 0n) return "0";
    return this.#symbols?.kernel(address).name ?? `0x${address.toString(16)}`;
  }

  /** The function of a process at an address, or the address. */
  user(address: bigint, pid: bigint): string {
    if (address === 0n) return "0";
    return this.#symbols?.user(Number(pid), address).name ?? `0x${address.toString(16)}`;
  }

  /** The frames of a stack, innermost first. */
  stack(user: boolean, id: bigint, pid: bigint, limit: number): ShownFrame[] {
    if (id < 0n) return [];
    const map = this.#maps[stacksOf(limit)] as StackTraceMap<bigint> | undefined;
    const addresses = map?.get(Number(id)) ?? [];
    return addresses.slice(0, limit).map((address) => {
      const frame = user ? this.#symbols?.user(Number(pid), address) : this.#symbols?.kernel(address);
      return frame ?? { address, name: undefined, offset: 0, module: undefined };
    });
  }

  /** The name of an account, or its number. */
  account(uid: bigint): string {
    this.#accounts ??= accounts();
    return this.#accounts.get(`${uid}`) ?? `${uid}`;
  }

  /** The path of a cgroup by its number. */
  cgroup(id: bigint, pattern: string): string {
    return cgroupPath(id, pattern);
  }

  /** What `nsecs` is now. */
  now(): bigint {
    return clockTime(CLOCK.BOOTTIME);
  }

  /** The moment of a time of `nsecs`. */
  timeOf(time: bigint): Moment {
    const now = clockTime(CLOCK.REALTIME) - clockTime(CLOCK.BOOTTIME) + time;
    return { seconds: Number(now / 1_000_000_000n), nanoseconds: Number(now % 1_000_000_000n) };
  }

  /** Forgets them. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#symbols?.close();
  }
}

function accounts(): Map<string, string> {
  const text = new TextDecoder().decode(readFile("/etc/passwd"));
  return new Map(
    text.split("\n").map((line) => {
      const [name = "", , uid = ""] = line.split(":");
      return [uid, name];
    }),
  );
}
