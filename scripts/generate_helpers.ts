/**
 * Writes src/asm/_helpers.ts from `enum bpf_func_id` of the running kernel's BTF, as bpftool prints it.
 *
 * `deno run -A scripts/generate_helpers.ts` writes it; with `--check` it fails where the file would change.
 *
 * @module
 */
import { emit, enumerators, kernelTypes } from "./_kernel_types.ts";

const PREFIX = "BPF_FUNC_";

/** Lines of an object literal, in the order of the numbers, which have no gaps. */
function entries(): string[] {
  // __BPF_FUNC_MAX_ID, the last one, is no helper.
  const helpers = enumerators(kernelTypes(), "bpf_func_id").filter(({ name }) => name.startsWith(PREFIX));
  return helpers.map(({ name, val }, index) => {
    if (val !== index) throw new Error(`${name} is ${val}, not ${index}`);
    return `  bpf_${name.slice(PREFIX.length)}: ${val},`;
  });
}

await emit(
  "src/asm/_helpers.ts",
  "Numbers of the kernel's helper functions, in their order and without gaps.",
  [
    "/** Helper numbers by name (`enum bpf_func_id`). */",
    "export const HELPERS = {",
    ...entries(),
    "} as const;",
  ],
);
