import { assert, assertEquals } from "@std/assert";
import { placeKsyms } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { objectBtf } from "./_objects.ts";
import { dumped, loadErrno } from "./_outside.ts";

test(
  "placeKsyms() makes variables of what an object expects of the kernel",
  { needs: ["bpftool", "bpf"] },
  () => {
    const original = objectBtf("ksyms.bpf");
    assert(loadErrno(original) !== 0);
    const btf = placeKsyms(original);
    assertEquals(loadErrno(btf), 0);
    const lines = dumped(btf);
    const functions = ["bpf_task_from_pid", "bpf_task_release"];
    for (const name of functions) assert(lines.get(`FUNC '${name}'`)?.endsWith("linkage=global"));
    for (const name of ["bpf_prog_active", "init_task"]) {
      const [, typeId] = /^type_id=(\d+), linkage=global$/.exec(lines.get(`VAR '${name}'`) ?? "") ?? [];
      assertEquals(btf.type(Number(typeId)).kind, "int");
    }
    const names = lines.get("DATASEC '.ksyms'")?.split("\n").map((line) =>
      line.replace(/type_id=\d+ /, "").trim()
    );
    assertEquals(names?.[0], "size=16 vlen=4");
    assertEquals(names?.slice(1).map((line) => line.slice(0, line.indexOf("("))), [
      "offset=0 size=4 ",
      "offset=4 size=4 ",
      "offset=8 size=4 ",
      "offset=12 size=4 ",
    ]);
    assertEquals(names?.filter((line) => line.endsWith("(VAR 'dummy_ksym')")).length, functions.length);
    const prototype = btf.type(btf.find("bpf_task_from_pid", "function")?.typeId ?? 0);
    assert(prototype.kind === "prototype");
    assertEquals(prototype.parameters.map(({ name }) => name), ["dummy_ksym"]);
  },
);

test("placeKsyms() gives back the same where nothing is expected of the kernel", () => {
  const btf = objectBtf("calls.bpf");
  assert(placeKsyms(btf) === btf);
});
