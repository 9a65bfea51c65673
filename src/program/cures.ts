/**
 * What to do about the verifier's refusals that come up most.
 *
 * @module
 */

/** What the verifier's line says, and what helps; `$1` stands for a part of the line, `$type` for the program's type. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [/cannot call GPL-restricted function|call kernel function from non-GPL/, 'it needs the license "GPL"'],
  [
    /program of this type cannot use helper (\w+)#\d+|unknown func (\w+)#\d+/,
    "programs of type $type may not call $1() in this kernel",
  ],
  [/invalid func unknown#(\d+)/, "this kernel has no helper of number $1: it is older than the program"],
  [/calling kernel function (\w+) is not allowed/, "programs of type $type may not call $1() in this kernel"],
  [/invalid mem access '\w+_or_null'|Possibly NULL pointer/, "compare the pointer with NULL before its use"],
  [/invalid access to packet/, "compare the end of the access with data_end before it"],
  [
    /invalid mem access '(?:scalar|inv)'/,
    "read memory of the kernel by bpf_probe_read_kernel(), or keep the pointer's type",
  ],
  [/Unreleased reference|reference leak/, "give back on every path what the program acquired"],
  [
    /infinite loop detected|back-edge from insn|too complex|BPF program is too large\. Processed/,
    "bound loops by constants, or take bpf_loop(), bpf_for() or a may_goto",
  ],
  [
    /combined stack size|stack depth|invalid write to stack R\d+ off=-[5-9]\d\d/,
    "the stack has 512 bytes: keep more in a map",
  ],
  [/can only be sleepable/, 'give it the flag "sleepable"'],
  [/programs can be sleepable/, 'leave the flag "sleepable" out'],
  [/must provide btf_id/, "say what it attaches to (attachTo)"],
  [/program must be sleepable|sleepable helper|helper call might sleep/, 'give it the flag "sleepable"'],
  [/the register R0 has /, "return a value that the kernel takes from programs of type $type"],
  [/unreachable insn/, "remove the instructions that no path gets to"],
  [/verifier bug|kernel subsystem misconfigured/, "this is a fault of the kernel's own"],
];

/** Helpers that lockdown takes away, and the mode that does: `bpf_base_func_proto`, `bpf_get_probe_write_proto`. */
const LOCKED_DOWN: readonly (readonly [RegExp, readonly string[]])[] = [
  [/(bpf_probe_read(?:_kernel|_kernel_str|_str)?)#\d+/, ["confidentiality"]],
  [/(bpf_probe_write_user)#\d+/, ["integrity", "confidentiality"]],
];

/**
 * What to do about the refusal that these lines tell of; `undefined` where the lines alone must do. `lockdown` is asked where
 * the kernel's mode of lockdown may be why.
 */
export function cureFor(
  lines: readonly string[],
  type: string,
  lockdown: () => string | undefined,
): string | undefined {
  for (const [pattern, cure] of CURES) {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (!match) continue;
      const part = match.slice(1).find((group) => group !== undefined) ?? "";
      return lockedDown(line, lockdown) ?? cure.replace("$type", type).replace("$1", part);
    }
  }
  return undefined;
}

/** Why lockdown takes away the helper that a line of the log is about; `undefined` where it does not. */
export function lockedDown(line: string, lockdown: () => string | undefined): string | undefined {
  for (const [pattern, modes] of LOCKED_DOWN) {
    const helper = pattern.exec(line)?.[1];
    const mode = helper && lockdown();
    if (!mode || !modes.includes(mode)) continue;
    return `the kernel is locked down (${mode}), and has no ${helper}() then: start it without Secure Boot or the option lockdown`;
  }
  return undefined;
}
