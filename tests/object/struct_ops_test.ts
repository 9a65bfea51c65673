import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { LayoutError, NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { load } from "../../src/object/mod.ts";
import { eventually, fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";

/** Links are of Linux 6.4. */
const BPF = { needs: ["bpf", "btf", "uapi-kernel"] } as const;

/** The algorithms of congestion control that the kernel has. */
function algorithms(): string[] {
  return readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");
}

for (const name of ["plain", "linked"]) {
  test(`attachStructOps() registers the struct "${name}" until it is closed`, BPF, async () => {
    await using object = await load(fixture("congestion"));
    assertEquals(algorithms().includes(`waggle_${name}`), false);
    {
      using _ = object.attachStructOps(name);
      assertEquals(algorithms().includes(`waggle_${name}`), true);
      assertThrows(() => object.attachStructOps(name), SyscallError);
      assertEquals(algorithms().includes(`waggle_${name}`), true);
    }
    assertEquals(await eventually(() => !algorithms().includes(`waggle_${name}`)), true);
  });
}

test("load() loads the programs of the structs that the kernel has members for", {
  needs: [...BPF.needs, "bpftool"],
}, async () => {
  await using object = await load(fixture("congestion"));
  assertEquals(object.programs.names(), ["waggle_ssthresh", "waggle_cong_avoid", "waggle_undo_cwnd"]);
  assertEquals(object.maps.names(), ["plain", "linked"]);
  for (const program of object.programs) assertEquals(shown("prog", program.info.id).type, "struct_ops");
});

test("attachStructOps() knows the structs of the object", BPF, async () => {
  await using object = await load(fixture("congestion"));
  assertThrows(
    () => object.attachStructOps("link"),
    NotFoundError,
    'Cannot get struct "link" of object "congestion": there is no such struct',
  );
});

test("load() refuses a struct whose members the kernel does not have so", BPF, async () => {
  for (
    const [name, error, message] of [
      ["strange", LayoutError, `member "no_such_member": the kernel's struct has no such member`],
      ["larger", LayoutError, `member "name": it has 20 bytes, the kernel's 16`],
      ["none", NotSupportedError, `the kernel lets no program implement "no_such_ops"`],
    ] as const
  ) {
    await assertRejects(
      () => load(fixture("congestion"), { only: [name] }),
      error,
      `Cannot create map "${name}": ${message}`,
    );
  }
});

test("a struct without the functions that the kernel wants is refused", BPF, async () => {
  await using object = await load(fixture("congestion"), { only: ["waggle_ssthresh"] });
  assertThrows(() => object.attachStructOps("plain"), SyscallError, 'Cannot register struct "plain"');
});
