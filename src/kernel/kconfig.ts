/**
 * The configuration that the running kernel was built with.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { readFile } from "../sys/mod.ts";
import { kernelRelease } from "./version.ts";

/** Values by option, as the file has them: `y`, `m`, `250`, `"text"` in quotes. Options that are off are not there. */
export type KernelConfig = ReadonlyMap<string, string>;

let config: KernelConfig | undefined;

/**
 * The configuration, from `/boot/config-…` or `/proc/config.gz`. Read once a process.
 *
 * @throws {NotFoundError} The system keeps it in neither place.
 */
export function kernelConfig(): KernelConfig {
  return config ??= parseConfig(readConfig());
}

/** Parses the text of a configuration; where an option is set twice, the first one counts. */
export function parseConfig(text: string): KernelConfig {
  const values = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)) {
    if (!values.has(name)) values.set(name, value.trimEnd());
  }
  return values;
}

function readConfig(): string {
  const places = [`/boot/config-${kernelRelease()}`, "/proc/config.gz"];
  for (const path of places) {
    const bytes = readIfThere(path);
    if (bytes) return new TextDecoder().decode(path.endsWith(".gz") ? gunzip(bytes) : bytes);
  }
  throw new NotFoundError(
    `Cannot read the kernel's configuration: neither ${places.join(" nor ")} is there: ` +
      "load the module configs, or give the options that the object asks for",
  );
}

function readIfThere(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return readFile(path);
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

/** By the runtime's zlib, asked for only here: importing it makes Deno start later. */
function gunzip(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const { process } = globalThis as typeof globalThis & {
    process: { getBuiltinModule(name: "node:zlib"): { gunzipSync(bytes: Uint8Array): Uint8Array } };
  };
  return process.getBuiltinModule("node:zlib").gunzipSync(bytes);
}
