/**
 * Values of per-CPU maps.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { NotSupportedError } from "../errors.ts";
import { ERRNO } from "../sys/mod.ts";
import { BPF_ELEMENT_FLAG } from "../uapi/mod.ts";
import type { Elements } from "./elements.ts";
import { elementError, encodeFor } from "./explain.ts";
import type { ElementAccess } from "./handle.ts";

/**
 * The values of all possible CPUs as one, in the order of CPU numbers.
 *
 * System calls see each CPU's value rounded up to 8 bytes (`bpf_percpu_array_copy`).
 */
export function perCpu<V>(value: Codec<V>, cpus: number): Codec<V[]> {
  const stride = Math.ceil(value.size / 8) * 8;
  return {
    size: stride * cpus,
    align: 8,
    type: `${value.type} of each CPU`,
    read(view, at) {
      const values: V[] = [];
      for (let cpu = 0; cpu < cpus; cpu++) values.push(value.read(view, at + cpu * stride));
      return values;
    },
    write(view, at, values) {
      if (values.length !== cpus) {
        throw new RangeError(`Cannot encode ${values.length} values: the machine has ${cpus} possible CPUs`);
      }
      for (let cpu = 0; cpu < cpus; cpu++) value.write(view, at + cpu * stride, values[cpu] as V);
    },
  };
}

const CPU = BigInt(BPF_ELEMENT_FLAG.F_CPU);
const ALL_CPUS = BigInt(BPF_ELEMENT_FLAG.F_ALL_CPUS);

/** What can be done with the values of single CPUs. */
export class PerCpuElements<K, V> {
  readonly #all: Elements<K, V[]>;
  readonly #value: Codec<V>;
  /** A buffer for one value. */
  readonly #element: ElementAccess;

  /** `all` are the values of all CPUs, `value` is the codec of one. */
  constructor(all: Elements<K, V[]>, value: Codec<V>) {
    this.#all = all;
    this.#value = value;
    this.#element = all.element(all.key.size, value.size);
  }

  /** The sum of all CPUs. */
  sum(key: K): V | undefined {
    const values = this.#all.get(key);
    return values && sum(values);
  }

  /** One CPU's value. By `BPF_F_CPU`, or out of all of them where the kernel cannot yet. */
  get(key: K, cpu: number): V | undefined {
    this.#check(cpu);
    const element = this.#at(key);
    const result = element.lookup(cpuFlag(cpu));
    if (result === 0) return this.#value.read(element.value, 0);
    if (result === -ERRNO.EINVAL) return this.#all.get(key)?.[cpu];
    if (result === -ERRNO.ENOENT) return undefined;
    throw elementError("look up", this.#all.name, result);
  }

  /** Sets one CPU's value. */
  set(key: K, cpu: number, value: V): void {
    this.#check(cpu);
    const element = this.#at(key);
    encodeFor(this.#all.name, "value", this.#value, element.value, 0, value);
    const result = element.update(cpuFlag(cpu));
    if (result === 0) return;
    const cause = elementError("set", this.#all.name, result);
    if (result !== -ERRNO.EINVAL) throw cause;
    throw new NotSupportedError(
      `Cannot set the value of CPU ${cpu} in map "${this.#all.name}": ` +
        "this kernel sets those of all CPUs at once: it came with Linux 7.0",
      { cause },
    );
  }

  /** Sets the values of all CPUs to the same. By `BPF_F_ALL_CPUS`, or one beside the other where the kernel cannot yet. */
  fill(key: K, value: V): void {
    const element = this.#at(key);
    encodeFor(this.#all.name, "value", this.#value, element.value, 0, value);
    const result = element.update(ALL_CPUS);
    if (result === -ERRNO.EINVAL) this.#all.set(key, Array.from({ length: this.#all.cpus }, () => value));
    else if (result < 0) throw elementError("set", this.#all.name, result);
  }

  #at(key: K): ElementAccess {
    encodeFor(this.#all.name, "key", this.#all.key, this.#element.key, 0, key);
    return this.#element;
  }

  #check(cpu: number): void {
    const { cpus } = this.#all;
    if (Number.isInteger(cpu) && cpu >= 0 && cpu < cpus) return;
    throw new RangeError(
      `Cannot use CPU ${cpu} of map "${this.#all.name}": the machine has ${cpus} possible CPUs`,
    );
  }
}

/** The number of the CPU is in the upper half. */
function cpuFlag(cpu: number): bigint {
  return BigInt(cpu) << 32n | CPU;
}

/**
 * The sum of values of one shape: of numbers and bigints as it is, of arrays and objects element by element.
 *
 * @throws {TypeError} A part of the values has no sum, as text.
 */
export function sum<V>(values: readonly V[]): V {
  return values.reduce((a, b) => add(a, b) as V);
}

function add(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return a + b;
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (Array.isArray(a) && Array.isArray(b)) return a.map((one, i) => add(one, b[i]));
  if (isPlain(a) && isPlain(b)) {
    return Object.fromEntries(Object.keys(a).map((name) => [name, add(a[name], b[name])]));
  }
  throw new TypeError(
    `Cannot sum up values: a ${typeof a} has no sum: add up the values of each CPU yourself`,
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
