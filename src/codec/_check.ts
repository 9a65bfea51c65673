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
