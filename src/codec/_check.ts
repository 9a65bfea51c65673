/** How a value that is of the wrong type appears in a message. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    default:
      return value === null ? "null" : `a ${typeof value}`;
  }
}

/** Refuses lengths that no array in memory has. */
export function checkLength(type: string, length: number): void {
  if (!Number.isInteger(length) || length < 1 || length > 0x7fff_ffff) {
    throw new RangeError(`Cannot make codec "${type}": length is not an integer from 1 to ${0x7fff_ffff}`);
  }
}

/** Refuses what is no integer of a range; returns the value. */
export function checkNumber(type: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  if (typeof value !== "number") {
    throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a number`);
  }
  throw new RangeError(`Cannot encode ${value} as ${type}: not an integer from ${min} to ${max}`);
}

/** Refuses what is no bigint of a range; returns the value. */
export function checkBigint(type: string, value: bigint, min: bigint, max: bigint): bigint {
  if (typeof value !== "bigint") {
    throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a bigint`);
  }
  if (value < min || value > max) {
    throw new RangeError(`Cannot encode ${value} as ${type}: not from ${min} to ${max}`);
  }
  return value;
}

/** Refuses what is no boolean; returns the value. */
export function checkBoolean(type: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a boolean`);
}

/** Refuses what is no text; returns the value. */
export function checkText(type: string, value: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a string`);
}

/** Refuses what is no object, as a struct or union must be. */
export function checkObject(
  type: string,
  value: unknown,
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return;
  throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not an object`);
}

/** Refuses what is no array, as a C array must be. */
export function checkArray(type: string, values: unknown): asserts values is readonly unknown[] {
  if (Array.isArray(values)) return;
  throw new TypeError(`Cannot encode ${describe(values)} as ${type}: not an array`);
}
