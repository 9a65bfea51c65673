import { test } from "../_harness.ts";
import { compareWithC } from "./_compare_with_c.ts";
import { generateStructs } from "./_generate_structs.ts";

for (const compiler of ["cc", "clang"] as const) {
  test(`struct() agrees with ${compiler} about random structs`, { needs: [compiler] }, () => {
    compareWithC(generateStructs(1, 80), compiler);
  });
}
