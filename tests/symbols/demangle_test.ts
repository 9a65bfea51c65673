/** Demangled names, against c++filt of binutils and llvm-cxxfilt. */
import { assert, assertEquals } from "@std/assert";
import { findTool } from "../../scripts/_tools.ts";
import { demangle } from "../../src/symbols/mod.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";
import { RUST } from "./_rust_names.ts";

/** What a program makes of names, one a line. */
function filtered(tool: string, args: readonly string[], names: readonly string[]): string[] {
  const path = findTool(tool) ?? tool;
  return withFile(
    new TextEncoder().encode(names.join("\n") + "\n"),
    (file) => run("sh", ["-c", `"${path}" ${args.join(" ")} < "${file}"`]).trimEnd().split("\n"),
  );
}

/** binutils forget the space between brackets behind empty packs. */
function spaceless(name: string): string {
  return name.replaceAll("> >", ">>").replaceAll("> >", ">>");
}

test("demangle() of C++ agrees with c++filt on the standard library", { needs: ["cc"] }, () => {
  const library = run("cc", ["-print-file-name=libstdc++.so.6"]).trim();
  if (!library.includes("/")) return;
  const names = run("nm", ["-D", "--defined-only", library]).split("\n").map((line) =>
    line.split(" ")[2]?.split("@")[0] ?? ""
  ).filter((name) => name.startsWith("_Z"));
  assert(names.length > 1000, `${names.length} names`);
  const others = filtered("c++filt", ["-i"], names).map(spaceless);
  const wrong = names.filter((name, index) => spaceless(demangle(name)) !== others[index]);
  assert(
    wrong.length / names.length < 0.002,
    `${wrong.length} of ${names.length}: ${wrong.slice(0, 5).join("\n")}`,
  );
});

/** Every production of the ABI that compilers are likely to use. */
const CXX = [
  "_Z1fv",
  "_Z3foo3barS_",
  "_ZN1A1BIiE1CIcEEvT_S3_",
  "_ZNKSt6vectorIiSaIiEE4sizeEv",
  "_ZNSsC1EPKcRKSaIcE",
  "_ZNSolsEi",
  "_ZN1AC2ERKS_",
  "_ZN1AD0Ev",
  "_ZN1AcvbEv",
  "_ZN1AcvT_IiEEv",
  "_ZN1Aplrkf",
  "_Z1fPFvPFicEE",
  "_Z1fRA3_KiPA4_A5_c",
  "_Z1fM1AKFvvEMS_i",
  "_Z1fIJilcEEvDpT_",
  "_Z1fIJEEvDpOT_",
  "_Z1fIJRiOlEEvDpOT_",
  "_Z1fILb1ELin5ELj7ELc65EL1E3EEvv",
  "_Z1fIXadL_ZN1a1gEvEEEvv",
  "_Z1fIiEDTplfp_Li1EET_",
  "_Z1fIiENSt9enable_ifIXsr11is_integralIT_EE5valueES1_E4typeES1_",
  "_ZZ1fvENKUlicE_clEic",
  "_ZZ1fvENUt0_3fooEv",
  "_ZZ1fvE1x_0",
  "_ZZ1fvEs",
  "_ZGVZ1fvE1x",
  "_ZTV1A",
  "_ZTIN1a1bE",
  "_ZThn8_N1A1fEv",
  "_ZTv0_n24_N1A1fEv",
  "_ZTC1A0_1B",
  "_ZN12_GLOBAL__N_13fooEv",
  "_ZN3fooB5cxx11Ev",
  "_Zli2_kPKc",
  "_Z1fDnDiDsDuz",
  "_Z1fDv4_f",
  "_Z1fPU8nocapturei",
  "_ZN1A1fEv.isra.0.cold",
  "_ZNO1A1fEv",
  "_ZNKR1A1fEv",
  "_Z1fPDoFvvE",
  "_Z1fIiET_S0_S0_",
  "_ZStplIcSt11char_traitsIcESaIcEENSt7__cxx1112basic_stringIT_T0_T1_EEOS8_S9_",
] as const;

test("demangle() of C++ agrees with c++filt on what the ABI has", { needs: ["cc"] }, () => {
  const others = filtered("c++filt", ["-i"], CXX);
  const pairs = CXX.map((name, index) => [name, demangle(name), others[index]]);
  const wrong = pairs.filter(([, ours = "", theirs = ""]) => spaceless(ours) !== spaceless(theirs));
  assertEquals(wrong, []);
});

test("demangle() of Rust agrees with llvm-cxxfilt, and with c++filt on the old scheme", {
  needs: ["llvm-objdump", "cc"],
}, () => {
  const names = RUST.filter((name) => name.startsWith("_R"));
  assert(names.length > 50);
  assertEquals(names.map(demangle), filtered("llvm-cxxfilt", [], names));
  const old = RUST.filter((name) => name.startsWith("_ZN"));
  assert(old.length > 50);
  assertEquals(old.map(demangle), filtered("c++filt", ["-i"], old));
});

test("demangle() leaves alone what is not mangled, or in no way that it knows", () => {
  const names = [
    "",
    "main",
    "_Z",
    "_R",
    "_ZN",
    "_ZN3fo",
    "_Zz",
    "_RNv",
    "_RC",
    "_Z1fT_",
    "_Z1fS5_",
    "_RB_",
    "_RNvB_1a",
    "_R_1",
  ];
  assertEquals(names.map(demangle), names);
});

test("demangle() ends soon on names that are made to be endless", () => {
  const start = performance.now();
  const many = [
    `_Z1f${"P".repeat(100_000)}i`,
    `_ZN${"1a".repeat(50_000)}Ev`,
    `_Z${"1fI".repeat(10_000)}`,
    // Each names the one before it twice
    `_Z1f${
      Array.from({ length: 60 }, (_, i) =>
        `1tI${i < 2 ? "ii" : `S${(2 * i - 4).toString(36).toUpperCase()}_`.repeat(2)}E`).join("")
    }`,
    `_RNvC1a1${"T".repeat(100_000)}`,
    `_RIC1a${"TB1_B1_E".repeat(100)}E`,
    `_RIC1aT${"Rm".repeat(50)}${"TB8_B8_B8_B8_E".repeat(40)}EE`,
  ];
  for (const name of many) assert(demangle(name).length <= Math.max(name.length, 1 << 14));
  assert(performance.now() - start < 60_000);
});

test("demangle() throws nothing on garbled names", () => {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  for (const name of [...CXX, ...RUST]) {
    for (let round = 0; round < 20; round++) {
      const at = 2 + random(Math.max(name.length - 2, 1));
      const letter = "NEISTZ_0123456789PRKFDLXJMABCQ"[random(30)] ?? "";
      assertEquals(typeof demangle(name.slice(0, at) + letter + name.slice(at + random(3))), "string");
      assertEquals(typeof demangle(name.slice(0, at)), "string");
    }
  }
});
