import {
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { SyscallError } from "../../src/errors.ts";
import {
  directoryNames,
  fileSize,
  makeDirectory,
  OPEN,
  openFile,
  readFile,
  readTextFile,
  removeFile,
  writeTextFile,
} from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";
import { withFile, withFolder } from "../_run.ts";

test("readTextFile() reads a file of the kernel", { needs: ["linux"] }, () => {
  assertStringIncludes(readTextFile("/proc/self/status"), `\nPid:\t${process.pid}\n`);
});

test("readFile() reads files of any size", { needs: ["linux"] }, () => {
  for (const size of [0, 1, 65535, 65536, 65537, 3_000_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7);
    withFile(bytes, (path) => assertEquals(Buffer.compare(readFile(path), bytes), 0));
  }
});

test("readFile() reads what has no size", { needs: ["linux", "root"] }, () => {
  const path = "/proc/kallsyms";
  assertEquals(statSync(path).size, 0);
  const text = readTextFile(path);
  assertGreater(text.length, 1_000_000);
  // Programs that other tests load come and go at the end.
  assertEquals(text.slice(0, 1_000_000), readFileSync(path, "utf8").slice(0, 1_000_000));
});

test("readFile() says why it cannot", { needs: ["linux"] }, () => {
  const refusals = [
    ["/no/such/file", 'Cannot open "/no/such/file": no such file, object or element (ENOENT from openat)'],
    ["/proc/self/status/x", 'Cannot open "/proc/self/status/x": not a directory (ENOTDIR from openat)'],
    ["/tmp", 'Cannot read "/tmp": is a directory (EISDIR from read)'],
  ] as const;
  for (const [path, message] of refusals) {
    const error = assertThrows(() => readFile(path));
    assertInstanceOf(error, SyscallError);
    assertEquals(error.message, message);
  }
  assertThrows(() => readFile("/tmp/a\0b"), TypeError, "it contains NUL");
});

test("writeTextFile() writes and appends", { needs: ["linux"] }, () => {
  withFolder((folder) => {
    const path = join(folder, "file");
    assertThrows(() => writeTextFile(path, "x"), SyscallError, "ENOENT from openat");
    writeFileSync(path, "");
    writeTextFile(path, "one é\n");
    writeTextFile(path, "two", OPEN.APPEND);
    assertEquals(readFileSync(path, "utf8"), "one é\ntwo");
  });
});

test("writeTextFile() says what it cannot write where", { needs: ["linux"] }, () => {
  assertThrows(
    () => writeTextFile("/dev/full", "text"),
    SyscallError,
    'Cannot write "text" to "/dev/full": no space left (ENOSPC from write)',
  );
});

test("fileSize() is the size of the file and leaves its position", { needs: ["linux", "btf"] }, () => {
  const path = "/sys/kernel/btf/vmlinux";
  using file = openFile(path);
  assertEquals([fileSize(file), fileSize(file)], [statSync(path).size, statSync(path).size]);
});

test("directoryNames() lists what the runtime lists", { needs: ["linux"] }, () => {
  for (const path of ["/usr/bin", "/sys/kernel", "/proc/sys"]) {
    assertEquals(directoryNames(path).sort(), readdirSync(path).sort());
  }
});

test("directoryNames() lists more than one call returns", { needs: ["linux"] }, () => {
  withFolder((folder) => {
    const names = Array.from({ length: 700 }, (_, i) => `${String(i).padStart(4, "0")}${"x".repeat(200)}`);
    for (const name of names) writeFileSync(join(folder, name), "");
    assertEquals(directoryNames(folder).sort(), names);
  });
});

test("directoryNames() says why it cannot", { needs: ["linux"] }, () => {
  assertThrows(() => directoryNames("/no"), SyscallError, 'Cannot open "/no": no such file');
  assertThrows(
    () => directoryNames("/proc/self/status"),
    SyscallError,
    'Cannot list "/proc/self/status": not a directory (ENOTDIR from getdents64)',
  );
});

test("makeDirectory() makes a directory and those above it", { needs: ["linux"] }, () => {
  withFolder((folder) => {
    makeDirectory(`${folder}/a/b/c`);
    assertEquals(statSync(`${folder}/a/b/c`).isDirectory(), true);
    makeDirectory(`${folder}/a/b/c`);
    makeDirectory(`${folder}/a/b/d`);
    assertEquals(readdirSync(`${folder}/a/b`), ["c", "d"]);
  });
});

test("makeDirectory() says why it cannot", { needs: ["linux"] }, () => {
  const error = assertThrows(
    () => makeDirectory("/proc/no/such"),
    SyscallError,
    'Cannot make directory "/proc/no": no such file',
  );
  assertEquals([error.syscall, error.code], ["mkdirat", "ENOENT"]);
  assertThrows(() => makeDirectory("/proc/version/below"), SyscallError, "ENOTDIR");
});

test("removeFile() removes files and empty directories", { needs: ["linux"] }, () => {
  withFolder((folder) => {
    writeFileSync(`${folder}/file`, "");
    mkdirSync(`${folder}/directory/inner`, { recursive: true });
    removeFile(`${folder}/file`);
    assertEquals(readdirSync(folder), ["directory"]);
    assertThrows(
      () => removeFile(`${folder}/directory`, true),
      SyscallError,
      `Cannot remove "${folder}/directory": `,
    );
    assertThrows(() => removeFile(`${folder}/directory/inner`), SyscallError, "EISDIR");
    removeFile(`${folder}/directory/inner`, true);
    removeFile(`${folder}/directory`, true);
    assertEquals(readdirSync(folder), []);
    assertThrows(() => removeFile(`${folder}/file`), SyscallError, `Cannot remove "${folder}/file"`);
  });
});
