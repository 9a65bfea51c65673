/**
 * What raw tracepoints hand over, as the BTF of the kernel says.
 *
 * @module
 */
import { type Btf, skipModifiers } from "../btf/core.ts";
import { NotFoundError } from "../errors.ts";
import { closest, kernelBtf } from "../kernel/mod.ts";
import type { ParameterSpec } from "../lang/mod.ts";

/** What comes before the name of a tracepoint in that of the type of its function. */
const TYPE_PREFIX = "btf_trace_";

/** Functions that have the arguments' names, which the type has not: since Linux 6.5, and before. */
const NAMED_PREFIXES = ["__probestub_", "__traceiter_"] as const;

/**
 * The arguments of a raw tracepoint.
 *
 * @throws {NotFoundError} There is no such tracepoint; the message lists the closest names.
 */
export function rawTracepointArguments(event: string): ParameterSpec[] {
  const btf = kernelBtf();
  const type = btf.find(TYPE_PREFIX + event, "typedef");
  const pointer = type && skipModifiers(btf, type.id);
  const prototype = pointer?.kind === "pointer" ? btf.type(pointer.typeId) : undefined;
  if (prototype?.kind !== "prototype") {
    throw new NotFoundError(
      `Cannot find raw tracepoint "${event}": this kernel has none of that name${closest(event, names(btf))}`,
    );
  }
  const named = NAMED_PREFIXES.map((prefix) => btf.find(prefix + event, "function")).find((found) => found);
  const own = named && btf.type(named.typeId);
  const known = own?.kind === "prototype" ? own.parameters : [];
  // The first one is the program's own data
  return prototype.parameters.slice(1).map(({ typeId }, i) => ({
    name: known[i + 1]?.name ?? `arg${i}`,
    typeId,
  }));
}

function* names(btf: Btf): Generator<string> {
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== "typedef") continue;
    const name = btf.nameOf(id);
    if (name.startsWith(TYPE_PREFIX)) yield name.slice(TYPE_PREFIX.length);
  }
}
