/**
 * Stand-in for `@std/path` where JSR cannot be reached: `node:path` and the two URL functions of `node:url`.
 *
 * Never published. deno.offline.json maps `@std/path` here for Deno, tests/tsconfig.json for Bun.
 *
 * @module
 */

import { fileURLToPath, pathToFileURL } from "node:url";

export {
  basename,
  delimiter,
  dirname,
  extname,
  isAbsolute,
  join,
  normalize,
  parse,
  relative,
  resolve,
} from "node:path";

/** The path a `file:` URL names. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/** The `file:` URL of an absolute path. */
export function toFileUrl(path: string): URL {
  return pathToFileURL(path);
}
