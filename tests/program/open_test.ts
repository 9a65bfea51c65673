import { assertEquals, assertThrows } from "@std/assert";
import { existsSync } from "node:fs";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u32 } from "../../src/codec/mod.ts";
import { ClosedError, KindError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { loadProgram, openProgram, type Program } from "../../src/program/mod.ts";
import { idsOf } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { withPins } from "../map/_pins.ts";
import { typedProgram } from "./_typed.ts";

function pass(): Program {
  return loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] });
}

test("openProgram() opens by id, pin and descriptor", { needs: ["root", "bpf", "bpffs"] }, () => {
  withPins((folder) => {
    using program = pass();
    const { id } = program.info;
    const pin = `${folder}/some/pass`;
    assertEquals(program.pinPath, undefined);
    assertEquals(program.pin(pin).pinPath, pin);
    for (const source of [{ id }, { pin }, { fd: program.descriptor.fd }]) {
      using opened = openProgram(source);
      assertEquals([opened.info.id, opened.name, opened.attachTo], [id, "pass", ""]);
      assertEquals(opened.pinPath, "pin" in source ? pin : undefined);
      assertEquals(opened.run({ data: new Uint8Array(64) }).returnValue, 2);
    }
  });
});

test("openProgram() gives programs their name in BTF", { needs: ["root", "bpf"] }, () => {
  const name = "a_name_of_more_than_15_bytes";
  using program = loadProgram({ name, type: "xdp", ...typedProgram(name) });
  using opened = openProgram({ id: program.info.id });
  assertEquals(opened.name, name);
});

test("pin() moves, unpin() removes", { needs: ["bpf", "bpffs"] }, () => {
  withPins((folder) => {
    const program = pass();
    const { id } = program.info;
    program.pin(`${folder}/one`).pin(`${folder}/one`).pin(`${folder}/two`);
    assertEquals([existsSync(`${folder}/one`), existsSync(`${folder}/two`)], [false, true]);
    program.close();
    using opened = openProgram({ pin: `${folder}/two` });
    assertEquals(opened.info.id, id);
    using other = pass();
    assertThrows(() => other.pin(`${folder}/two`), SyscallError, "something is pinned there");
    opened.unpin();
    opened.unpin();
    assertEquals([existsSync(`${folder}/two`), opened.pinPath], [false, undefined]);
  });
});

test("clone() keeps the program after the other is closed", { needs: ["bpf", "bpftool"] }, () => {
  const program = pass();
  const { id } = program.info;
  using clone = program.clone();
  program.close();
  assertThrows(() => program.clone(), ClosedError);
  assertEquals([clone.name, clone.info.id, idsOf("prog").includes(id)], ["pass", id, true]);
});

test(
  "openProgram() says what is not there, and what is no program",
  { needs: ["root", "bpf", "bpffs"] },
  () => {
    using map = createMap(array(u32), { name: "map", maxEntries: 1 });
    assertThrows(
      () => openProgram({ id: 0x7fff_ffff }),
      NotFoundError,
      "Cannot open program 2147483647: there is none",
    );
    assertThrows(() => openProgram({ pin: "/sys/fs/bpf/no/such" }), NotFoundError, "there is no such file");
    assertThrows(() => openProgram({ fd: map.descriptor.fd }), KindError, "as a program: it is a map");
    assertThrows(() => openProgram({ fd: 1 }), KindError, "it is no object of bpf(2)");
  },
);
