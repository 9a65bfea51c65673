/** What others make of BTF: the kernel, and bpftool. */
import type { Btf } from "../../src/btf/mod.ts";
import { btfLoad } from "../../src/sys/mod.ts";
import { withFile } from "../_run.ts";
import { bpftoolLines } from "./_fixtures.ts";

/** The error number with which the kernel refuses BTF; 0 where it takes it. */
export function loadErrno(btf: Btf): number {
  const { errno, btf: loaded } = btfLoad({ btf: btf.bytes, btf_size: btf.bytes.length });
  loaded?.close();
  return errno;
}

/** What bpftool prints, by the kind and name of the type: each type with its parts. */
export function dumped(btf: Btf): Map<string, string> {
  const lines = withFile(btf.bytes, (path) => bpftoolLines(path)).join("\n");
  return new Map(
    lines.split(/\n(?=\[)/).map((text) => {
      const [, kindAndName = "", rest = ""] = /^\[\d+\] (\w+ '.*?')(.*)$/s.exec(text) ?? [];
      return [kindAndName, rest.trim()];
    }),
  );
}
