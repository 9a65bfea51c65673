import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { LayoutError, NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { Link } from "../../src/link/mod.ts";
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

const FUNCTIONS = ["waggle_ssthresh", "waggle_cong_avoid", "waggle_undo_cwnd"];

test("attachStructOps() puts a struct in the place of another", {
  needs: [...BPF.needs, "bpftool"],
}, async () => {
  await using object = await load(fixture("congestion"), {
    only: [...FUNCTIONS, "successor", "linked", "plain"],
  });
  const mapOf = ({ info }: Link) => info.type === "struct_ops" && info.mapId;
  const name = "waggle_linked";
  {
    using link = object.attachStructOps("linked");
    assertInstanceOf(link, Link);
    assertEquals(mapOf(link), object.maps.get("linked").info.id);
    assertEquals(object.attachStructOps("successor", { replace: link }), link);
    assertEquals([mapOf(link), algorithms().includes(name)], [object.maps.get("successor").info.id, true]);

    assertThrows(
      () => object.attachStructOps("plain", { replace: link }),
      TypeError,
      'Cannot put struct "plain" in the place of another: only those of SEC(".struct_ops.link") can be',
    );
    assertEquals(object.attachStructOps("linked", { replace: link }), link); // and back
    assertEquals(mapOf(link), object.maps.get("linked").info.id);
    link.detach();
    assertThrows(
      () => object.attachStructOps("linked", { replace: link }),
      SyscallError,
      'Cannot put struct "linked" in the place of that of a link of struct "linked"',
    );
  }
  assertEquals(await eventually(() => !algorithms().includes(name)), true);
});

test("attachStructOps() puts no struct of another name in the place of one", BPF, async () => {
  await using first = await load(fixture("congestion"), { only: [...FUNCTIONS, "linked"] });
  await using other = await load(fixture("congestion"), { only: [...FUNCTIONS, "renamed"] });
  using link = first.attachStructOps("linked");
  assertInstanceOf(link, Link);
  assertThrows(
    () => other.attachStructOps("renamed", { replace: link }),
    SyscallError,
    "it is of another kind, or has another name than the subsystem wants",
  );
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
