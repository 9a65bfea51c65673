/**
 * Values of per-CPU maps.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { possibleCpus } from "../kernel/mod.ts";

/**
 * The values of all possible CPUs as one, in the order of CPU numbers.
 *
 * System calls see each CPU's value rounded up to 8 bytes (`bpf_percpu_array_copy`).
 */
export function perCpu<V>(value: Codec<V>): Codec<V[]> {
  const cpus = possibleCpus();
  const stride = Math.ceil(value.size / 8) * 8;
  return {
    size: stride * cpus,
    align: 8,
    type: `${value.type} of each CPU`,
    read: (view, at) => Array.from({ length: cpus }, (_, cpu) => value.read(view, at + cpu * stride)),
    write(view, at, values) {
      if (values.length !== cpus) {
        throw new RangeError(`Cannot encode ${values.length} values: the machine has ${cpus} possible CPUs`);
      }
      values.forEach((one, cpu) => value.write(view, at + cpu * stride, one));
    },
  };
}
