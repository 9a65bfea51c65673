/** What the types of kernel functions promise and refuse; `deno check` is the test. */
import { cstr, u32, u64 } from "../../src/codec/mod.ts";
import {
  counter,
  events,
  hash,
  histogram,
  lpm,
  type Probe,
  rawTracepoint,
  type SharedHash,
  tracepoint,
  uprobe,
  xdp,
} from "../../src/trace/mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectType<T extends true>(_?: T): void {}

export function shared(): void {
  const [start, calls, latency, blocked] = [hash(u32, u64), counter(cstr(16)), histogram(), lpm()];
  expectType<Equal<typeof start, SharedHash<number, bigint>>>();
  tracepoint("a:b", { start, calls, latency, blocked, NR: 1, NAME: "x", ALL: true }, (c, s) => {
    // Outside u64 is a bigint; inside all integers are numbers
    const began = s.start.get(c.tid);
    expectType<Equal<typeof began, number | undefined>>();
    s.start.set(c.tid, c.nsecs);
    s.calls.count(c.comm);
    const [number, name, all]: [number, string, boolean] = [s.NR, s.NAME, s.ALL];
    s.latency.record(number + name.length + Number(all));
    // @ts-expect-error it may be missing
    s.latency.record(c.nsecs - began);
    // @ts-expect-error keys are text
    s.calls.count(c.pid);
    // @ts-expect-error there is no such method in the kernel
    s.start.clear();
    // @ts-expect-error it was not handed over
    s.other;
    // @ts-expect-error no method of the context
    c.pids;
  });
  // @ts-expect-error functions, dates and objects are not handed over
  tracepoint("a:b", { now: new Date() }, () => {});
}

export function returned(): void {
  const execs = rawTracepoint(
    "a",
    (c) => ({ pid: c.pid, parent: c.args.p.tgid, file: c.str(c.args.file), argv: c.argv() }),
  );
  type Exec = {
    readonly pid: number;
    // deno-lint-ignore no-explicit-any -- TypeScript does not know what the kernel has there
    readonly parent: any;
    readonly file: string;
    readonly argv: readonly string[];
  };
  expectType<Equal<typeof execs, Probe<Exec>>>();
  const some = tracepoint("a:b", (c) => {
    if (c.pid === 1) return;
    return { comm: c.comm };
  });
  expectType<Equal<typeof some, Probe<{ readonly comm: string }>>>();
  const none = tracepoint("a:b", { calls: counter() }, (c, { calls }) => calls.count(c.comm));
  expectType<Equal<typeof none, Probe<never>>>();
}

export function sent(): void {
  const typed = events<{ pid: number; comm: string }>();
  rawTracepoint("a", { typed }, (c, { typed }) => {
    typed.emit({ pid: c.pid, comm: c.comm });
    // @ts-expect-error a field is missing
    typed.emit({ pid: c.pid });
  });
}

export function probes(): void {
  xdp("lo", (c) => c.ipv4() ? "drop" : "pass");
  // @ts-expect-error no verdict
  xdp("lo", () => "dropp");
  xdp("lo", (c) => {
    // @ts-expect-error the header may be missing
    if (c.udp().dest === 53) return "drop";
  });
  // @ts-expect-error packets are of no process
  xdp("lo", (c) => c.comm === "x" ? "drop" : "pass");
  uprobe("libc:malloc", (c) => ({ size: c.args[0] }), { pid: 1 });
  // @ts-expect-error six are in registers
  uprobe("libc:malloc", (c) => ({ size: c.args[6] }));
}
