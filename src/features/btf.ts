/**
 * What the kernel knows of BTF.
 *
 * @module
 */
import { BtfBuilder, intType, type NewBtfType } from "../btf/mod.ts";
import { btfLoad, fileExists } from "../sys/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { failure, type Outcome } from "./_outcome.ts";
import { checkName, probe } from "./_probe.ts";

/**
 * What a kernel may know of BTF:
 *
 * - `vmlinux`: the kernel tells of its own types, in `/sys/kernel/btf/vmlinux`
 * - `types`: it takes BTF
 * - `func`, `func_global`: functions (`BTF_KIND_FUNC`), and those that are not static
 * - `datasec`: variables and sections (`BTF_KIND_VAR`, `BTF_KIND_DATASEC`)
 * - `float`, `decl_tag`, `type_tag`, `enum64`: kinds of types
 * - `question_mark`: sections whose names start with a question mark, as those of optional structs of functions
 */
export type BtfFeature =
  | "vmlinux"
  | "types"
  | "func"
  | "func_global"
  | "datasec"
  | "float"
  | "decl_tag"
  | "type_tag"
  | "enum64"
  | "question_mark";

const INT: NewBtfType = intType();
const PROTOTYPE: NewBtfType = { kind: "prototype", name: "", returnTypeId: 0, parameters: [] };
const VARIABLE: NewBtfType = { kind: "variable", name: "v", typeId: 1, linkage: "global" };

function section(name: string): NewBtfType {
  return { kind: "section", name, size: 4, entries: [{ typeId: 2, offset: 0, size: 4 }] };
}

interface Probe {
  readonly since: string;
  /** Types from id 2 on; the first is {@linkcode INT}. */
  readonly types?: readonly NewBtfType[];
}

/** Versions: include/uapi/linux/btf.h, and `btf_check_all_metas` and others in kernel/bpf/btf.c. */
const PROBES: Readonly<Record<BtfFeature, Probe>> = {
  vmlinux: { since: "5.4" },
  types: { since: "4.18", types: [] },
  func: { since: "5.0", types: [PROTOTYPE, { kind: "function", name: "f", typeId: 2, linkage: "static" }] },
  func_global: {
    since: "5.6",
    types: [PROTOTYPE, { kind: "function", name: "f", typeId: 2, linkage: "global" }],
  },
  datasec: { since: "5.2", types: [VARIABLE, section(".data")] },
  float: { since: "5.13", types: [{ kind: "float", name: "double", size: 8 }] },
  decl_tag: { since: "5.16", types: [VARIABLE, { kind: "declTag", name: "t", typeId: 2, component: -1 }] },
  type_tag: {
    since: "5.17",
    types: [{ kind: "typeTag", name: "t", typeId: 1 }, { kind: "pointer", name: "", typeId: 2 }],
  },
  enum64: {
    since: "6.0",
    types: [{
      kind: "enum",
      name: "e",
      size: 8,
      signed: false,
      is64: true,
      values: [{ name: "E", value: 1n << 40n }],
    }],
  },
  question_mark: { since: "6.12", types: [VARIABLE, section("?.data")] },
};

/** All that can be asked about BTF. */
export const BTF_FEATURES: readonly BtfFeature[] = Object.keys(PROBES) as BtfFeature[];

/**
 * What the kernel knows of BTF, the types of programs, maps and the kernel itself.
 *
 * @example
 * ```ts ignore
 * import { probeBtf } from "@waggle/ebpf/features";
 *
 * const { state } = probeBtf("vmlinux"); // "present" where programs can be relocated for the kernel
 * ```
 *
 * @throws {TypeError} There is no such feature.
 */
export function probeBtf(feature: BtfFeature): FeatureAnswer {
  checkName("BTF feature", feature, BTF_FEATURES);
  const { since, types } = PROBES[feature];
  const asked = { feature: `BTF feature "${feature}"`, since };
  if (!types) return probe(asked, [], () => fileExists("/sys/kernel/btf/vmlinux") ? "present" : "absent");
  return probe(asked, ["CAP_BPF"], () => attempt(types));
}

function attempt(types: readonly NewBtfType[]): Outcome {
  const builder = new BtfBuilder();
  for (const type of [INT, ...types]) builder.add(type);
  const bytes = builder.encode();
  const { btf, errno } = btfLoad({ btf: bytes, btf_size: bytes.length });
  btf?.close();
  return btf ? "present" : failure(errno);
}
