/**
 * A process without capabilities.
 *
 * @module
 */
import type { FakeKernel } from "../../ffi/fake.ts";

/** A kernel that refuses bpf(2), and shows a process without capabilities. */
export function unprivileged(): FakeKernel {
  let status = new TextEncoder().encode("CapEff:\t0000000000000000\n");
  return ({ name, args, memory }) => {
    if (name === "bpf") return -1;
    if (name === "openat") return 9;
    if (name !== "read") return 0;
    const [, address = 0, size = 0] = args;
    const part = status.subarray(0, Number(size));
    memory(address, part.length).set(part);
    status = status.subarray(part.length);
    return part.length;
  };
}
