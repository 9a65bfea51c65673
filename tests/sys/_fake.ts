/**
 * What the functions of `src/sys` hand to the kernel, as a fake sees it.
 *
 * @module
 */
import { type FakeCall, type FakeNative, fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { Descriptor } from "../../src/sys/mod.ts";

/** One bpf(2) call. */
export interface BpfCall {
  readonly command: number;
  readonly attr: Uint8Array;
  /** The bytes that a pointer in `attr` points to. */
  memory(address: bigint, size: number): Uint8Array;
}

/** A descriptor number that only fakes give, and so does no harm where it is closed by mistake. */
export const FAKE_FD = 5_000_000;

/** An open descriptor, of the fake in use. */
export function fakeDescriptor(offset: number, what: string): Descriptor {
  return new Descriptor(FAKE_FD + offset, what);
}

/** A kernel that answers bpf(2) like this and everything else with 0, for as long as `body` runs. */
export function withBpf<T>(
  answer: (call: BpfCall) => number,
  body: (fake: FakeNative) => T,
): T {
  const fake = fakeNative((call) => call.name === "bpf" ? answer(bpfCall(call)) : 0);
  using _ = useNative(fake);
  return body(fake);
}

function bpfCall({ args: [command = 0, attr = 0, size = 0], memory }: FakeCall): BpfCall {
  return { command: Number(command), attr: memory(attr, Number(size)), memory };
}
