/**
 * The name without its CO-RE flavour: `task_struct` for `task_struct___old`.
 *
 * A flavour starts at the last run of exactly three underscores that has other characters on both sides, as
 * in libbpf's `bpf_core_essential_name_len`.
 *
 * @example
 * ```ts
 * import { essentialName } from "@waggle/ebpf/btf";
 *
 * essentialName("task_struct___old"); // "task_struct"
 * essentialName("__kernel_time_t"); // "__kernel_time_t"
 * ```
 */
export function essentialName(name: string): string {
  for (let at = name.lastIndexOf("___"); at > 0; at = name.lastIndexOf("___", at - 1)) {
    if (name[at - 1] !== "_" && at + 3 < name.length && name[at + 3] !== "_") return name.slice(0, at);
  }
  return name;
}
