/**
 * What functions of the kernel take and return, as its BTF says.
 *
 * @module
 */
import { kernelBtf } from "../kernel/mod.ts";
import type { ParameterSpec } from "../lang/mod.ts";

/** Parameters and result of a function; none where BTF does not know it. */
export interface FunctionTypes {
  readonly parameters: readonly ParameterSpec[];
  /** The type that is returned; `undefined` where nothing is. */
  readonly result: number | undefined;
}

/** Looks a function up in the kernel, without its modules. */
export function functionTypes(name: string): FunctionTypes {
  const btf = kernelBtf();
  const found = btf.find(name, "function");
  const prototype = found && btf.type(found.typeId);
  if (prototype?.kind !== "prototype") return { parameters: [], result: undefined };
  const result = prototype.returnTypeId === 0 ? undefined : prototype.returnTypeId;
  return { parameters: prototype.parameters, result };
}
