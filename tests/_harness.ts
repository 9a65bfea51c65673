/**
 * `test()` for every runtime: states what a test needs, and fails one that leaves a descriptor or mapping behind.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import process from "node:process";
import { type Held, held, leaked } from "./_leaks.ts";
import { KERNEL_NEEDS, missing, type Need } from "./_needs.ts";

export type { Need };

/** How a test is run. */
export interface TestOptions {
  /** What the machine must have; the test is skipped, with the reason in its name, where it has not. */
  readonly needs?: readonly Need[];
}

/** The body of a test. */
export type Body = () => void | Promise<void>;

/** The part of `bun:test` that is used here. */
interface BunTest {
  readonly test: {
    (name: string, body: Body, options: { readonly timeout: number }): void;
    skip(name: string, body: Body): void;
  };
}

const inBun = process.versions["bun"] !== undefined;

/** How long a test may take: Bun would end it after 5 s, Deno never. Emulated machines are slower. */
const TIMEOUT_MS = 180_000 * Number(process.env["WAGGLE_TEST_PATIENCE"] ?? 1);

/** How long a runtime may take to close what a finished test gave back. */
const GRACE_MS = 3000;

// Bun opens an epoll and an eventfd for the first child process and keeps them; not a leak of the first test who has one.
if (inBun && process.platform === "linux") execFileSync("true");

/** Registers a test with the runtime at hand. */
export function test(name: string, body: Body): void;
export function test(name: string, options: TestOptions, body: Body): void;
export function test(name: string, ...rest: [Body] | [TestOptions, Body]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
  const needs = options.needs ?? [];
  const unmet = needs.find((need) => missing(need) !== undefined);
  const title = unmet === undefined ? name : `${name} [skipped: needs ${unmet}: ${missing(unmet)}]`;
  const register = inBun ? registerInBun : registerInDeno;
  const kernel = needs.some((n) => KERNEL_NEEDS.has(n));
  register(title, () => guarded(body, kernel), { ignore: unmet !== undefined, kernel });
}

interface Registration {
  readonly ignore: boolean;
  readonly kernel: boolean;
}

function registerInBun(name: string, fn: Body, { ignore }: Registration): void {
  const { test } = process.getBuiltinModule("bun:test") as BunTest;
  if (ignore) test.skip(name, fn);
  else test(name, fn, { timeout: 2 * TIMEOUT_MS });
}

function registerInDeno(name: string, fn: Body, { ignore, kernel }: Registration): void {
  // libc is opened on first use and kept, which Deno's sanitizer takes for a leak of the first test that speaks to the kernel.
  Deno.test({ name, fn, ignore, sanitizeResources: !kernel });
}

/** Runs the body and fails when it leaves something behind. */
async function guarded(body: Body, kernel: boolean): Promise<void> {
  const before = held();
  await inTime(body);
  if (kernel) {
    // Imported here, so that tests without a kernel load nothing of it.
    const { readinessClosed } = await import("../src/sys/mod.ts");
    await readinessClosed();
  }
  const left = await leftBehind(before);
  if (left.length > 0) throw new Error(`The test leaves behind:\n  ${left.join("\n  ")}`);
}

async function inTime(body: Body): Promise<void> {
  const { promise, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`The test takes over ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  try {
    await Promise.race([body(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function leftBehind(before: Held): Promise<string[]> {
  const deadline = Date.now() + GRACE_MS;
  for (;;) {
    const left = leaked(before, held());
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
