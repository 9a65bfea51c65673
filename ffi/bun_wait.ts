/**
 * Waiting for an epoll instance in Bun, which has no asynchronous foreign calls.
 *
 * The event loop can do it: `Bun.connect` takes any descriptor, watches it in Bun's own epoll instance, and when it is
 * readable finds that it is no socket (`recv`: `ENOTSOCK`) and reports it closed. No document promises this, so the
 * first wait tries it on an eventfd; where it fails, a worker blocks in `poll(2)` instead.
 *
 * @module
 */
import { systemCalls } from "./arch.ts";
import type { BunFfi } from "./bun.ts";
import type { Arch, Native } from "./native.ts";

const EFD_CLOEXEC_NONBLOCK = 0o2004000;
const F_DUPFD_CLOEXEC = 1030;
const SELF_TEST_MS = 200;

/** Resolves with 0 when the descriptor is readable, or with `-errno`. */
type Readable = (fd: number) => Promise<number>;

/** The part of the `Bun` global in use. */
interface BunGlobal {
  connect(options: {
    fd: number;
    socket: { data(): void; open(): void; close(): void; error(): void };
  }): Promise<{ terminate(): void }>;
}

/** The {@linkcode Native.epollWait} of Bun. `way` skips the self-test, for tests. */
export function openBunWait(
  ffi: BunFfi,
  arch: Arch,
  syscall: Native["syscall"],
  way?: "loop" | "worker",
): Native["epollWait"] {
  const numbers = systemCalls(arch);
  const loop: Readable = (fd) => {
    const copy = syscall(numbers.fcntl, fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? Promise.resolve(copy) : readableByLoop(copy);
  };
  let chosen: Promise<Readable> | undefined = way &&
    Promise.resolve(way === "loop" ? loop : readableByWorker);

  async function choose(): Promise<Readable> {
    const event = syscall(numbers.eventfd2, 0, EFD_CLOEXEC_NONBLOCK);
    let ready = false;
    const wait = loop(event).then((result) => void (ready = result === 0), () => {});
    await new Promise((resolve) => setTimeout(resolve, 1));
    const early = ready;
    const one = new BigUint64Array(new ArrayBuffer(8)).fill(1n);
    syscall(numbers.write, event, BigInt(ffi.ptr(one.buffer)), 8);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, SELF_TEST_MS);
    await Promise.race([wait, late]);
    clearTimeout(timer); // it would keep the process alive
    syscall(numbers.close, event);
    return ready && !early ? loop : readableByWorker;
  }

  return async (epoll, events, capacity) => {
    const readable = await (chosen ??= choose());
    const result = await readable(epoll);
    if (result < 0) return result;
    return syscall(numbers.epoll_pwait, epoll, BigInt(ffi.ptr(events)), capacity, 0);
  };
}

/** Gives a descriptor, which it owns from here on, to Bun's event loop. */
function readableByLoop(fd: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const ready = () => resolve(0);
  const bun = (globalThis as typeof globalThis & { Bun: BunGlobal }).Bun;
  bun.connect({ fd, socket: { data: ready, open() {}, close: ready, error: ready } }).catch(reject);
  return promise;
}

const WORKER = `
  const { dlopen, ptr } = process.getBuiltinModule("bun:ffi");
  const { symbols } = dlopen("libc.so.6", { poll: { args: ["ptr", "u64", "i32"], returns: "i32" } });
  self.onmessage = ({ data: fd }) => {
    const pollfd = new Int32Array(new ArrayBuffer(8));
    pollfd[0] = fd;
    pollfd[1] = 1; // POLLIN
    while (symbols.poll(ptr(pollfd.buffer), 1, -1) < 0);
    postMessage(fd);
  };`;

let workerUrl: string | undefined;

/** Blocks a worker in `poll(2)`, which keeps the process alive as the event loop would. */
function readableByWorker(fd: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  workerUrl ??= URL.createObjectURL(new Blob([WORKER], { type: "application/javascript" }));
  const worker = new Worker(workerUrl);
  worker.onmessage = () => resolve(0);
  worker.onerror = (event) => reject(new Error(`Cannot wait in a worker: ${event.message}`));
  worker.postMessage(fd);
  return promise.finally(() => worker.terminate());
}
