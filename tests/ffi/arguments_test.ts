import { assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { test } from "../_harness.ts";
import { withFile } from "../_run.ts";

test("the arguments of a script are those that the runtime was given after its name", () => {
  const sys = JSON.stringify(new URL("../../src/sys/mod.ts", import.meta.url).href);
  const source = `import { scriptArguments } from ${sys}; console.log(JSON.stringify(scriptArguments()));`;
  const printed = withFile(new TextEncoder().encode(source), (path) => {
    const before = process.versions["bun"] ? [] : ["run", "--no-config", "--no-check"];
    return execFileSync(process.execPath, [...before, path, "one", "--two", "three four"], {
      encoding: "utf8",
    });
  });
  assertEquals(JSON.parse(printed), ["one", "--two", "three four"]);
});
