/**
 * The first file system of a machine: busybox, the modules to reach the host's files, and what to run.
 *
 * @module
 */

import { findTool } from "../_tools.ts";
import { output, outputBytes, quoted, run } from "./commands.ts";
import type { KernelFiles } from "./packages.ts";

/** What Debian's kernels have as modules, or built in. */
const MODULES = ["virtio_pci", "virtio_console", "virtiofs", "overlay"];

const DECOMPRESSORS: Readonly<Record<string, readonly [tool: string, ...args: string[]]>> = {
  ".xz": ["xz", "-dc"],
  ".zst": ["zstd", "-qdc"],
};

/** What a machine runs. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where the command may write a report that the machine hands out. */
export const REPORT_PATH = "/run/vm/report";

/** Writes the file system of a machine that runs the command. */
export async function writeInitramfs(path: string, kernel: KernelFiles, command: Command): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "waggle-initramfs-" });
  try {
    for (const folder of ["bin", "modules", "vm"]) await Deno.mkdir(`${root}/${folder}`);
    await Deno.copyFile(findTool("busybox") ?? "", `${root}/bin/busybox`);
    await Deno.copyFile(new URL("init.sh", import.meta.url), `${root}/init`);
    await Deno.chmod(`${root}/init`, 0o755);
    await Deno.copyFile(new URL("run.sh", import.meta.url), `${root}/vm/run.sh`);
    await Deno.writeTextFile(`${root}/vm/kernel`, kernel.folder);
    await Deno.writeTextFile(`${root}/vm/command.sh`, script(command));
    await copyModules(kernel, `${root}/modules`);
    await run("sh", ["-c", `find . | cpio -o -H newc --quiet > ${quoted(path)}`], root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function script({ program, args, folder, env }: Command): string {
  return [
    `cd ${quoted(folder)}`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
    [program, ...args].map(quoted).join(" "),
    "echo $? > /run/vm/status",
    "",
  ].join("\n");
}

/** Copies the modules and what they depend on, with a list in the order to load them in. */
async function copyModules({ folder, release }: KernelFiles, to: string): Promise<void> {
  const files = new Set<string>();
  for (const module of MODULES) {
    const shown = await output("modprobe", ["-d", folder, "-S", release, "--show-depends", module]);
    for (const [, path = ""] of shown.matchAll(/^insmod (\S+)/gm)) files.add(path);
  }
  const names: string[] = [];
  for (const path of files) {
    const [, name = "", extension = ""] = /([^/]+\.ko)(\.\w+)?$/.exec(path) ?? [];
    const [tool, ...args] = DECOMPRESSORS[extension] ?? ["cat"];
    await Deno.writeFile(`${to}/${name}`, await outputBytes(tool, [...args, path]));
    names.push(name);
  }
  await Deno.writeTextFile(`${to}/list`, names.map((name) => `${name}\n`).join(""));
}
