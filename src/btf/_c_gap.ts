/** Gaps of at least so many bits become an array, since bitfields would fill pages. */
const LARGE_GAP = 8 * 1024;

/** Unnamed bitfields that can fill a gap, by their width in bits. */
const FILLERS = [[64, "long long"], [32, "int"], [16, "short"], [8, "char"]] as const;

/**
 * Unnamed bitfields that fill the bits from `from` to `to` of a struct, one a line; they come to be there whatever the
 * alignment, and leave that of the struct alone.
 */
export function gapLines(from: number, to: number): string[] {
  const lines: string[] = [];
  while (from < to) {
    if (from % 8 === 0 && to - from >= LARGE_GAP) {
      const bytes = Math.floor((to - from) / 8);
      lines.push(`unsigned char __gap_${from / 8}[${bytes}];`);
      from += bytes * 8;
      continue;
    }
    const filler = FILLERS.find(([bits]) => from % bits === 0 && from + bits <= to);
    const bits = filler?.[0] ?? Math.min(8 - from % 8, to - from);
    lines.push(`${filler?.[1] ?? "char"} : ${bits};`);
    from += bits;
  }
  return lines;
}
