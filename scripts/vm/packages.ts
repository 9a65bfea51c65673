/**
 * Kernels from Debian's packages.
 *
 * @module
 */

import { findTool } from "../_tools.ts";
import { output, run } from "./commands.ts";
import type { Kernel } from "./kernels.ts";

/** The programs that a machine is made with, and the packages that have them. */
const TOOLS: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  busybox: "busybox-static",
  cpio: "cpio",
  modprobe: "kmod",
  depmod: "kmod",
  zstd: "zstd",
  xz: "xz-utils",
};

/** Where virtiofsd is: in Debian 12, a part of QEMU's package, and later in one of its own. */
const VIRTIOFSD = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];

/** A kernel's files, unpacked. */
export interface KernelFiles {
  /** Has `boot` and `lib/modules`. */
  readonly folder: string;
  /** As `uname -r` says it. */
  readonly release: string;
}

/** Says what this machine lacks to run others, and how to get it; `undefined` when it has all. */
export function lacking(): string | undefined {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    return "the machines are for Linux on x86-64";
  }
  if (Deno.uid() !== 0) return "only root may share its files with another machine";
  const packages = Object.entries(TOOLS).filter(([tool]) => findTool(tool) === undefined).map(([, name]) =>
    name
  );
  const missing = [...new Set(packages), ...(virtiofsd() === undefined ? ["qemu-system-common"] : [])];
  if (missing.length === 0) return undefined;
  return `packages are missing: apt-get install --no-install-recommends ${missing.join(" ")}`;
}

/** The path of virtiofsd. */
export function virtiofsd(): string | undefined {
  return VIRTIOFSD.find((path) => exists(path));
}

/**
 * Downloads and unpacks the newest package of a kernel, where that has not been done.
 *
 * @throws {Error} There is no package, or it cannot be downloaded.
 */
export async function fetchKernel({ version, packages }: Kernel, cache: string): Promise<KernelFiles> {
  await Deno.mkdir(cache, { recursive: true });
  const known = await output("apt-cache", ["search", "--names-only", "^linux-image-.*-cloud-amd64$"]).catch(
    () => "",
  );
  const cached = [...Deno.readDirSync(cache)].map(({ name }) => name);
  const name = newest([...known.split("\n").map((line) => line.split(" ")[0] ?? ""), ...cached], packages);
  if (name === undefined) {
    throw new Error(`Cannot find a package of Linux ${version}: apt-get update reads the lists of packages`);
  }
  const folder = `${cache}/${name}`;
  if (!exists(folder)) await unpack(name, folder);
  const release = [...Deno.readDirSync(`${folder}/lib/modules`)][0]?.name ?? "";
  return { folder, release };
}

/** The package with the highest version. */
export function newest(names: readonly string[], pattern: RegExp): string | undefined {
  return names.filter((name) => pattern.test(name)).toSorted((a, b) =>
    a.localeCompare(b, "en", { numeric: true })
  ).at(-1);
}

async function unpack(name: string, folder: string): Promise<void> {
  const partial = await Deno.makeTempDir({
    dir: folder.slice(0, folder.lastIndexOf("/")),
    prefix: "partial-",
  });
  try {
    await run("apt-get", ["download", "-qq", name], partial);
    const file = [...Deno.readDirSync(partial)][0]?.name ?? "";
    await run("dpkg-deb", ["-x", file, "files"], partial);
    // Debian has moved them
    if (!exists(`${partial}/files/lib/modules`)) {
      await Deno.rename(`${partial}/files/usr/lib`, `${partial}/files/lib`);
    }
    const release = [...Deno.readDirSync(`${partial}/files/lib/modules`)][0]?.name ?? "";
    await run("depmod", ["-b", `${partial}/files`, release], partial);
    await Deno.rename(`${partial}/files`, folder);
  } finally {
    await Deno.remove(partial, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
