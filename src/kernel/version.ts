/**
 * The version of the running kernel.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { readTextFile } from "../sys/mod.ts";

/** The release as `uname -r` prints it: `6.12.9-cloud-amd64`. */
export function kernelRelease(): string {
  return readTextFile("/proc/sys/kernel/osrelease").trim();
}

/** The version as the kernel's own `LINUX_VERSION_CODE`: major, minor and patch (up to 255) in a byte each. */
export function kernelVersionCode(): number {
  return versionCode(upstreamVersion());
}

/** {@linkcode kernelVersionCode} of a version such as `6.12.9+deb13-amd64`. */
export function versionCode(version: string): number {
  const [, major = 0, minor = 0, patch = 0] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return (Number(major) << 16) + (Number(minor) << 8) + Math.min(Number(patch), 255);
}

/** The releases of Ubuntu and Debian leave the patch level out; they have it elsewhere (`get_kernel_version` of libbpf). */
function upstreamVersion(): string {
  const ubuntu = readIfThere("/proc/version_signature")?.split(" ")[2]; // "Ubuntu 5.4.0-12.15-generic 5.4.8"
  const debian = /Debian (\S+)/.exec(readTextFile("/proc/sys/kernel/version"))?.[1]; // "#1 SMP … Debian 6.1.192-2 (…)"
  return ubuntu ?? debian ?? kernelRelease();
}

function readIfThere(path: string): string | undefined {
  try {
    return readTextFile(path).trim();
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
