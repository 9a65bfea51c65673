/** Frames by build id, and processes that see other files. */
import { assertEquals } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Symbolizer } from "../../src/symbols/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { Build, functionsByNm, Worker } from "./_worker.ts";

const TOOLS = { needs: ["linux", "root", "cc"] } as const;

test("stack() names places in files by their build ids", TOOLS, async () => {
  using build = new Build("library", "-Wl,--build-id=sha1");
  await using worker = await Worker.start(build.program);
  using symbolizer = new Symbolizer();
  const idOf = (path: string) => /Build ID: ([\da-f]+)/.exec(run("readelf", ["-n", path]))?.[1] ?? "";
  const place = (path: string, name: string) => ({
    buildId: Uint8Array.fromHex(idOf(path)),
    // The first segments of small programs are where they are in the file
    offset: BigInt((functionsByNm(path).find((one) => one.name === name)?.address ?? 0) + 5),
  });
  const main = { buildId: undefined, offset: worker.address("main") + 7n };
  const unknown = { buildId: new Uint8Array(20).fill(1), offset: 9n };
  const user = [place(build.library, "library_work"), place(build.program, "middle"), main, unknown];
  const frames = symbolizer.stack({ pid: worker.pid, user });
  assertEquals(frames.map(({ name, offset, module }) => [name, offset, module]), [
    ["library_work", 5, build.library],
    ["middle", 5, build.program],
    ["main", 7, build.program],
    [undefined, 9, undefined],
  ]);
});

test(
  "user() finds files of a process in a mount namespace of its own, also when it is gone",
  TOOLS,
  async () => {
    using build = new Build("static");
    // Where the process has its program, this one has an empty folder
    const script = `mount -t tmpfs none /mnt && cp ${build.program} /mnt/work && exec /mnt/work`;
    const child = spawn("unshare", ["-m", "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    const end = once(child, "exit");
    using symbolizer = new Symbolizer();
    try {
      let text = "";
      for await (const chunk of child.stdout) if (/^main .*\n/m.test(text += chunk)) break;
      const address = BigInt(/^middle (\S+)$/m.exec(text)?.[1] ?? "0");
      const name = () => {
        const { name, module } = symbolizer.user(child.pid ?? -1, address);
        return [name, module];
      };
      assertEquals(symbolizer.observe(child.pid ?? -1), true);
      child.kill("SIGKILL");
      await end;
      assertEquals(name(), ["middle", "/mnt/work"]);
    } finally {
      child.kill("SIGKILL");
      await end;
    }
  },
);
