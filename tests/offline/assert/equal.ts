/** Deep equality as `@std/assert` has it, which is not `deepStrictEqual`: 0 equals -0, a null prototype a plain object. */

/** Whether the values are deeply equal. */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

/** `seen` holds the pairs being compared further up, so that cycles end. */
function compare(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp && b instanceof RegExp || a instanceof URL && b instanceof URL) {
    return String(a) === String(b);
  }
  if (classOf(a) !== classOf(b)) return false;
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${classOf(a)} instances`);
  }
  if (seen.get(a) === b) return true;
  seen.set(a, b);

  if (a instanceof Set && b instanceof Set) return sameEntries([...a], [...b], seen);
  if (a instanceof Map && b instanceof Map) return sameEntries([...a], [...b], seen);
  if (isNumberArray(a) && isNumberArray(b)) return sameNumbers(a, b);
  const keys = ownKeys(a);
  return keys.length === ownKeys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && compare(Reflect.get(a, key), Reflect.get(b, key), seen));
}

function classOf(value: object): unknown {
  return value.constructor ?? Object;
}

function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

/** Whether each entry of `a` has its own equal in `b`, in any order. */
function sameEntries(a: readonly unknown[], b: unknown[], seen: Map<object, object>): boolean {
  if (a.length !== b.length) return false;
  return a.every((entry) => {
    const at = b.findIndex((candidate) => compare(entry, candidate, new Map(seen)));
    if (at >= 0) b.splice(at, 1);
    return at >= 0;
  });
}

/** A quicker road than the keys of a typed array, for large ones. */
function sameNumbers(a: NumberArray, b: NumberArray): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  return true;
}

type NumberArray = ArrayLike<number | bigint>;

function isNumberArray(value: object): value is NumberArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
