/** A number from 0 to 255 without zeroes before it, which some would read as octal, as `inet_pton(3)` wants it. */
const BYTE = /^(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/;

/** The four bytes of `192.0.2.1`; `undefined` where the text is no address. */
export function parseIpv4(text: string): number[] | undefined {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => BYTE.test(part)) ? parts.map(Number) : undefined;
}

/** The first 12 bytes of IPv4-mapped addresses (`::ffff:192.0.2.1`), as 16-bit groups: RFC 4291, 2.5.5.2. */
const MAPPED = [0, 0, 0, 0, 0, 0xffff];

/** The text of an address in its one canonical form: RFC 5952, 4 and 5. */
export function formatIpv6(groups: readonly number[]): string {
  if (MAPPED.every((group, i) => group === groups[i])) {
    return `::ffff:${dotted(groups[6] ?? 0, groups[7] ?? 0)}`;
  }
  const { start, length } = longestZeros(groups);
  // A single group of zeroes is written as it is: RFC 5952, 4.2.2
  if (length < 2) return hex(groups, 0, 8);
  return `${hex(groups, 0, start)}::${hex(groups, start + length, 8)}`;
}

function hex(groups: readonly number[], from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += (i > from ? ":" : "") + groups[i]?.toString(16);
  return text;
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** The longest run of zeroes, of several as long the first: RFC 5952, 4.2.3. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
    start = end;
  }
  return longest;
}

/** The eight 16-bit groups of an address in any form of RFC 4291, 2.2; `undefined` where the text is none. */
export function parseIpv6(text: string): number[] | undefined {
  const [left = "", right, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const head = parseGroups(left, right === undefined);
  if (right === undefined) return head?.length === 8 ? head : undefined;
  const tail = parseGroups(right, true);
  if (head === undefined || tail === undefined) return undefined;
  const zeros = 8 - head.length - tail.length;
  // "::" stands for one or more groups
  return zeros < 1 ? undefined : [...head, ...new Array<number>(zeros).fill(0), ...tail];
}

/** Groups between colons, of which the last two may be an IPv4 address where these are the end of the text. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const bytes = atEnd && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (bytes === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    groups.push(a << 8 | b, c << 8 | d);
  }
  return groups;
}
