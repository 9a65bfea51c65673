/**
 * A shared thing while a function is checked.
 *
 * @module
 */
import { Fault, type Place } from "../../ir/place.ts";
import type { Effect, Stored } from "../../ir/tree.ts";
import { type RecordType, sizeOf, type StoredType, withLock } from "../../ir/type.ts";
import { storedAs, storedTypeOf } from "../convert.ts";
import type { KeySpec, SharedSpec, SharedUse } from "../environment.ts";
import type { Thing } from "../thing.ts";

/** What the function makes of a shared thing. */
export class SharedState {
  /** The name that the function has for it. */
  readonly name: string;
  /** What was known of it before. */
  readonly spec: SharedSpec;
  /** What keys are, as soon as that is known. */
  key: KeySpec;
  /** What values are, as soon as that is known. */
  value: StoredType | undefined;
  /** Events that are sent, by their tags. */
  readonly shapes: RecordType[];
  /** Where the function first asked for a value before it was known what values are. */
  askedAt: Place | undefined;
  /** Whether the function does anything with it. */
  used = false;
  readonly #lockable: boolean;

  /**
   * Starts with what is given: `value` is what values are known to be where the spec does not say, `lockable` whether the kernel gives
   * such programs locks and timers.
   */
  constructor(
    name: string,
    spec: SharedSpec,
    { value, lockable }: { readonly value: StoredType | undefined; readonly lockable: boolean },
  ) {
    this.name = name;
    this.spec = spec;
    this.#lockable = lockable;
    this.key = "key" in spec ? spec.key : undefined;
    this.value = spec.kind !== "constant" && "value" in spec && typeof spec.value === "object"
      ? spec.value
      : value;
    this.shapes = spec.kind === "events" ? [...spec.shapes] : [];
  }

  /** What the function made of it; `undefined` where it did not use it. */
  get use(): SharedUse | undefined {
    if (!this.used) return undefined;
    return {
      ...this.key && this.key !== "none" && { key: this.key },
      ...this.value && { value: this.value },
      ...this.spec.kind === "events" && { shapes: this.shapes },
    };
  }

  /** What it holds, where that is known by now. */
  known(place: Place): StoredType | undefined {
    this.used = true;
    if (!this.value) this.askedAt ??= place;
    return this.value;
  }

  /** @throws {Fault} The kernel gives no locks or timers to such programs. */
  checkLockable(what: "locks" | "timers", place: Place): void {
    if (this.#lockable) return;
    throw new Fault(
      place,
      `the kernel gives no ${what} to programs of tracepoints, probes and clocks`,
      "use rawTracepoint(), fentry(), or a function that sees packets or sockets",
    );
  }

  #withLock(type: StoredType): StoredType {
    return this.spec.kind === "hash" && this.spec.locks && type.kind === "record" ? withLock(type) : type;
  }

  /** A thing as its key, which the first one decides the type of. */
  keyOf(key: Thing, place: Place): Stored {
    this.used = true;
    if (this.key === "none") throw new Fault(place, `${this.spec.kind} "${this.name}" is used without keys`);
    this.key ??= typeToLearn(key, place);
    return storedAs(key, this.key, place, { what: `the key of "${this.name}"`, map: this.name });
  }

  /** A thing as its value, which the first one decides the type of. */
  valueOf(value: Thing, place: Place): Stored {
    this.used = true;
    this.value ??= this.#withLock(typeToLearn(value, place));
    return storedAs(value, this.value, place, { what: `the value of "${this.name}"`, map: this.name });
  }
}

/** Room for a text of the source: others that come may be longer. */
const LEAST_TEXT = 16;

function typeToLearn(thing: Thing, place: Place): StoredType {
  const type = storedTypeOf(thing, place);
  const isConstant = thing.kind === "text" && thing.value.kind === "textConstant";
  return isConstant ? { kind: "text", size: Math.max(LEAST_TEXT, sizeOf(type)) } : type;
}

/** A thing that is done for its effect. */
export function effectThing(effect: Effect): Thing {
  return { kind: "effect", effect };
}
