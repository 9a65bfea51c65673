/**
 * Patterns with `*` and `?`.
 *
 * @module
 */

/** A regular expression for a pattern in which `*` stands for any text and `?` for any character (libbpf's `glob_match`). */
export function globPattern(pattern: string): RegExp {
  const literal = pattern.replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}
