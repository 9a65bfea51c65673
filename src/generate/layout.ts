/**
 * Lines of TypeScript as `deno fmt` breaks them.
 *
 * @module
 */

/** How long a line may be, with the indent of what is around it. */
export const WIDTH = 80;

/** A name as a property has it. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** A readonly property in a type, `indent` columns from the left once it is where it belongs. */
export function member(name: string, type: string, indent = 0, optional = ""): string[] {
  return broken(`readonly ${property(name)}${optional}: `, type, indent);
}

/** An alias of a type. */
export function alias(name: string, type: string): string[] {
  return broken(`type ${name} = `, type, 0);
}

/** A union of texts as the argument of another type. */
export function unionOf(generic: string, names: readonly string[]): string {
  return `${generic}<${names.map((name) => JSON.stringify(name)).join(" | ")}>`;
}

/** Head and type in a line, or with the type's arguments in lines of their own. */
function broken(head: string, type: string, indent: number): string[] {
  const line = `${head}${type};`;
  const [, generic, inner = ""] = /^(\w+)<(.*)>$/.exec(type) ?? [];
  if (indent + line.length <= WIDTH) return [line];
  if (generic === undefined) return [head.trimEnd(), `  ${type};`];
  const parts = inner.split(" | ");
  if (parts.length === 1) return [`${head}${generic}<`, ...argumentsOf(inner).map(listed), ">;"];
  const whole = `  ${inner}`;
  if (indent + whole.length <= WIDTH) return [`${head}${generic}<`, whole, ">;"];
  return [`${head}${generic}<`, ...parts.map((part) => `  | ${part}`), ">;"];
}

/** The arguments of a type that others hold in angle brackets. */
function argumentsOf(text: string): string[] {
  return text.split(/, (?![^<]*>)/);
}

function listed(part: string, i: number, all: readonly string[]): string {
  return `  ${part}${i < all.length - 1 ? "," : ""}`;
}
