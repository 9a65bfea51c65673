import { assertEquals, assertThrows } from "@std/assert";
import { linkSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { native, useNative } from "../../ffi/mod.ts";
import { u64 } from "../../src/codec/mod.ts";
import { ClosedError, NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { createMap, inodeStorage } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { rawTracepointOpen } from "../../src/sys/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";

test(
  "inodeStorage() keeps values at files, by any of their names",
  { needs: ["bpf-lsm"] },
  () =>
    withFolder((folder) => {
      const [file, other, hard, soft] = ["file", "other", "hard", "soft"].map((name) =>
        join(folder, name)
      ) as [
        string,
        string,
        string,
        string,
      ];
      writeFileSync(file, "x");
      writeFileSync(other, "x");
      linkSync(file, hard);
      symlinkSync(file, soft);
      using map = createMap(inodeStorage(u64), { name: "subject" });
      assertEquals([map.get(file), map.has(file), map.delete(file)], [undefined, false, false]);
      map.set(file, 5n).set(folder, 6n);
      assertEquals([file, hard, soft, other, folder].map((path) => map.get(path)), [
        5n,
        5n,
        5n,
        undefined,
        6n,
      ]);
      rmSync(file);
      assertEquals([map.get(hard), map.delete(hard), map.delete(hard), map.has(hard)], [
        5n,
        true,
        false,
        false,
      ]);
    }),
);

test(
  "inodeStorage() heeds modes, and refuses what is no file",
  { needs: ["bpf-lsm"] },
  () =>
    withFolder((folder) => {
      using map = createMap(inodeStorage(u64), { name: "subject" });
      assertThrows(
        () => map.set(folder, 1n, { mode: "exist" }),
        NotFoundError,
        "there is none with this key",
      );
      map.set(folder, 1n, { mode: "noexist" });
      const again = assertThrows(() => map.set(folder, 2n, { mode: "noexist" }), SyscallError);
      assertEquals([again.code, map.get(folder)], ["EEXIST", 1n]);
      const path = join(folder, "none");
      for (const use of [() => map.get(path), () => map.set(path, 1n), () => map.delete(path)]) {
        assertThrows(use, SyscallError, `Cannot open "${path}": no such file`);
      }
      map.close();
      assertThrows(() => map.get(folder), ClosedError, 'Cannot use map "subject": it is closed');
    }),
);

test("createMap() of inodeStorage() says what the kernel was started without", { needs: ["bpf"] }, () => {
  const door = native();
  const without = (command: number, ...rest: [bigint, number]) =>
    command === BPF_CMD.MAP_CREATE ? -95 : door.bpf(command, ...rest);
  using _ = useNative({ ...door, bpf: without });
  assertThrows(
    () => createMap(inodeStorage(u64), { name: "subject" }),
    NotSupportedError,
    'Cannot create map "subject" (inode_storage): this kernel does not support it: it was started without "bpf" among',
  );
});

test("inodeStorage() shows what a program counted at each file", { needs: ["lsm", "btf"] }, async () => {
  await using object = await load(fixture("inode_storage"));
  const program = object.programs.get("on_open");
  const map = object.maps.get("inodes", inodeStorage(u64));
  using _link = rawTracepointOpen("on_open", { prog_fd: program.descriptor.fd });
  withFolder((folder) => {
    const [file, other] = [join(folder, "file"), join(folder, "other")];
    writeFileSync(file, "x");
    writeFileSync(other, "x");
    map.set(file, 10n);
    for (let i = 0; i < 3; i++) readFileSync(file);
    readFileSync(other);
    assertEquals([map.get(file), map.get(other)], [13n, undefined]);
  });
});
