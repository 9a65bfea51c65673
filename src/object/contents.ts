/**
 * What data sections hold when programs first see them.
 *
 * @module
 */
import type { BtfValue } from "../btf/core.ts";
import { LayoutError } from "../errors.ts";
import type { MapSpec, ObjectSpec, VariableSpec } from "../spec/mod.ts";
import { kconfigContents } from "./kconfig.ts";
import { type LoadOptions, optionFor } from "./options.ts";
import { sectionOf, variableCodec } from "./variables.ts";

/** What a data section's map or an arena holds, with the variables of the options set; `undefined` for other maps. */
export function initialContents(
  spec: MapSpec,
  object: ObjectSpec,
  { variables, kconfig }: LoadOptions,
): Uint8Array | undefined {
  if (spec.kconfig) return kconfigContents(spec.kconfig, spec.valueSize, kconfig);
  const initial = spec.contents ?? spec.arenaData;
  if (!initial) return undefined;
  const contents = new Uint8Array(initial); // slice() would not copy the bytes of a Node Buffer
  for (const variable of object.variables) {
    const value = variable.section === sectionOf(spec) ? optionFor(variables, variable.name) : undefined;
    if (value !== undefined) setVariable(contents, variable, value, object);
  }
  return contents;
}

function setVariable(
  contents: Uint8Array,
  variable: VariableSpec,
  value: BtfValue | Uint8Array,
  object: ObjectSpec,
): void {
  const { name, offset, size } = variable;
  if (value instanceof Uint8Array) {
    if (value.length !== size) {
      throw new LayoutError(`Cannot set variable "${name}": it has ${size} bytes, not ${value.length}`);
    }
    return contents.set(value, offset);
  }
  variableCodec(variable, object).write(
    new DataView(contents.buffer, contents.byteOffset + offset, size),
    0,
    value,
  );
}
