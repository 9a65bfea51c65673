import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { moduleBtfs } from "../../src/kernel/mod.ts";
import { counter, fmodReturn, lsm } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { missing } from "../_needs.ts";
import { withFolder } from "../_run.ts";

const NEEDS = ["bpf", "btf", "trampoline", "lsm"] as const;

// Types of modules are read once a process and kept, which is no leak of the first test that looks for a name
if (missing("bpf") === undefined) moduleBtfs();

/** The name of the error that reading a file fails with; of none, what it holds. */
function reading(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return (error as { code?: string }).code ?? "unknown";
  }
}

test("lsm() refuses what a function says, by its name, and nothing else", { needs: NEEDS }, () => {
  withFolder((folder) => {
    const [open, secret] = [`${folder}/open`, `${folder}/secret`];
    for (const path of [open, secret]) writeFileSync(path, "text");
    const PID = process.pid;
    using refused = counter<string>();
    const probe = lsm("file_open", { PID, refused }, (c, { PID, refused }) => {
      if (c.pid !== PID || c.str(c.args.file.f_path.dentry.d_name.name, 16) !== "secret") return;
      refused.count(c.comm);
      return "EACCES";
    });
    assertEquals([reading(open), reading(secret)], ["text", "EACCES"]);
    assertEquals(refused.total, 1);
    probe.close();
    assertEquals(reading(secret), "text");
  });
});

test("lsm() has the arguments of each hook", { needs: NEEDS }, () => {
  withFolder((folder) => {
    writeFileSync(`${folder}/kept`, "");
    writeFileSync(`${folder}/gone`, "");
    const PID = process.pid;
    using _probe = lsm("inode_unlink", { PID }, (c, { PID }) => {
      const { name, len } = c.args.dentry.d_name;
      return c.pid === PID && len === 4 && c.str(name, 8) === "kept" ? "EBUSY" : "allow";
    });
    unlinkSync(`${folder}/gone`);
    assertThrows(() => unlinkSync(`${folder}/kept`), Error, "EBUSY");
  });
});

test("fmodReturn() overrules a function of the kernel", { needs: NEEDS }, () => {
  const PID = process.pid;
  const probe = fmodReturn("security_file_open", { PID }, (c, { PID }) => {
    if (c.pid === PID && c.str(c.args.file.f_path.dentry.d_name.name, 16) === "hostname") return "ENODEV";
  });
  assertEquals(reading("/etc/hostname"), "ENODEV");
  probe.close();
  assertEquals(reading("/etc/hostname").length > 0, true);
});

test("lsm() and fmodReturn() name what is not there", { needs: NEEDS }, () => {
  assertThrows(() => lsm("file_opened", () => {}), NotFoundError, 'did you mean "file_open"?');
  assertThrows(
    () => lsm("file_open", () => "EPREM" as "EPERM"),
    CompileError,
    '"EPREM" is no verdict: did you mean "EPERM"?',
  );
  assertThrows(
    () => lsm("file_open", (c) => c.args.fil ? "EPERM" : "allow"),
    CompileError,
    'the list of arguments has no "fil": did you mean "file"?',
  );
});
