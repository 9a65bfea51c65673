import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { NotFoundError, NotSupportedError, VerifierError } from "../../src/errors.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf", "btf"] } as const;

test("load() loads the programs that the kernel takes where the others are optional", BPF, async () => {
  await using object = await load(fixture("optional"), { load: "optional" });
  assertEquals(object.programs.names(), ["good"]);
  assertEquals([...object.refused.keys()], ["refused", "nowhere"]);
  const error = object.refused.get("refused");
  assertEquals(error instanceof VerifierError, true);
  assertEquals(error?.message.includes("invalid access to packet"), true);
  assertEquals(object.refused.get("nowhere") instanceof NotFoundError, true);
  assertEquals(object.programs.get("good").run({ data: new Uint8Array(64) }).returnValue, 1);
  assertThrows(() => object.programs.get("refused"), NotFoundError);
});

test("load() loads nothing where one program is refused", BPF, async () => {
  await assertRejects(() => load(fixture("optional")), VerifierError, 'Cannot load program "refused"');
});

test("load() loads only the programs that are named, also those behind a ?", BPF, async () => {
  for (const only of [["good"], ["asked"], ["good", "asked", "guarded"]]) {
    await using object = await load(fixture("optional"), { only });
    assertEquals(object.programs.names(), only);
  }
  await using none = await load(fixture("optional"), { only: [] });
  assertEquals(none.programs.names(), []);
});

test("a program that gets to what the kernel lacks is refused by its name", BPF, async () => {
  const error = await assertRejects(
    () => load(fixture("optional"), { only: ["poisoned"] }),
    NotSupportedError,
    'Cannot load program "poisoned": it needs what this kernel does not have: ' +
      'the kernel\'s struct "task_struct" has no compatible "task_struct.no_such_field"',
  );
  assertEquals(error.cause instanceof VerifierError, true);
});

test("a program that asks before is loaded", BPF, async () => {
  await using object = await load(fixture("optional"), { only: ["guarded"] });
  assertEquals(object.programs.get("guarded").run().returnValue, 3);
});

test("load() names the closest where there is nothing to attach to", BPF, async () => {
  await assertRejects(
    () => load(fixture("optional"), { only: ["nowhere"] }),
    NotFoundError,
    'Cannot load program "nowhere" (tp_btf/sched_switchh): the kernel has no "sched_switchh" to attach to: ' +
      'did you mean "sched_switch"?',
  );
});
