import { assertEquals } from "@std/assert";
import { test } from "../_harness.ts";
import { byBpftrace, byUs, shell } from "./_bpftrace.ts";

/** Bodies of BEGIN whose output has to be that of bpftrace, byte by byte. */
const BODIES: Readonly<Record<string, readonly string[]>> = {
  "numbers": [
    `printf("%d %d %d\\n", 7 + 3, 7 - 30, 7 * 3);`,
    `$x = 7; $y = 2; printf("%d %d %d %d\\n", $x / $y, $x % $y, $x << 3, $x >> 1);`,
    `$x = 12; printf("%d %d %d %d %d\\n", $x & 10, $x | 3, $x ^ 5, ~$x, -$x);`,
    `$x = -7; printf("%d %d %ld\\n", $x / 2, $x % 3, $x >> 1);`,
    `$x = 3; $x += 4; $x *= 2; $x -= 1; $x <<= 2; $x |= 1; $x ^= 2; $x &= 0xff; printf("%d\\n", $x);`,
    `$x = 5; printf("%d ", $x++); printf("%d ", ++$x); printf("%d ", $x--); printf("%d\\n", --$x);`,
    `printf("%d %d %d\\n", 1e3, 0x1f, 1_000);`,
    `$x = 3; printf("%d %d %d\\n", $x > 2, $x == 3 && $x < 2, $x != 3 || $x <= 3);`,
    `$x = -1; printf("%d %d\\n", $x < 0, $x > 1);`,
    `$x = 3; $y = $x > 2 ? 10 : 20; printf("%d %d\\n", $y, $x < 2 ? 1 : 0);`,
    `$x = 300; printf("%d %d %d %d\\n", (uint8)$x, (int8)200, (uint16)70000, (int32)5000000000);`,
    `printf("%lu %ld\\n", (uint64)-1, (int64)-1);`,
    `printf("%d %d\\n", sizeof(uint32), sizeof(struct task_struct));`,
    `printf("%d\\n", !5); printf("%d\\n", !0);`,
    `$x = 1; if ($x == 1) { printf("one\\n"); } else { printf("other\\n"); }`,
    `$x = 5; if ($x == 1) { printf("1\\n") } else if ($x == 5) { printf("5\\n") } else { printf("?\\n") }`,
    `$i = 0; while ($i < 5) { printf("%d ", $i); $i++; } printf("\\n");`,
    `$i = 0; while ($i < 100) { $i++; if ($i == 3) { continue; } if ($i > 6) { break; } printf("%d ", $i); }`,
    `$i = 0; unroll(4) { $i += 2; printf("%d ", $i); }`,
  ],
  "formats": [
    `printf("%5d|%-5d|%05d\\n", 42, 42, 42);`,
    `printf("%x %X %o\\n", 255, 255, 8);`,
    `printf("%hhd %hd %d %ld %lld\\n", 300, 70000, 5000000000, 5000000000, -5);`,
    `printf("%u %lu %llu\\n", -1, -1, -1);`,
    `printf("%c%c%c\\n", 87, 97, 103);`,
    `printf("%p %p\\n", 0x1234, 0);`,
    `printf("%s|%10s|%-10s|%.3s|%-8.2s|\\n", "abc", "abc", "abc", "abcdef", "abcdef");`,
    `printf("100%% %d\\n", 5);`,
    `printf("tab\\there \\"quoted\\" back\\\\slash\\n");`,
    `$n = curtask->nsproxy->uts_ns->name.sysname; printf("%r %rx\\n", buf($n, 7), buf($n, 3));`,
    `printf("no newline"); printf("\\n");`,
    `printf("%-20s %6d %6d\\n", "name", 1, 22);`,
    `printf("%s\\n", "\\x41\\x42");`,
  ],
  "strings": [
    `$s = "abc"; if ($s == "abc") { printf("same\\n"); } if ($s != "abd") { printf("differs\\n"); }`,
    `@s = "hello"; printf("%s\\n", @s); if (@s == "hello") { printf("yes\\n"); }`,
    `printf("%d %d\\n", strncmp("abcdef", "abcxyz", 3), strncmp("abcdef", "abcxyz", 4) != 0);`,
    `@a["x"] = "one"; @a["y"] = "two"; printf("%s %s\\n", @a["x"], @a["y"]); clear(@a);`,
    `$c = 1 == 1 ? "then" : "else"; printf("%s\\n", $c);`,
    `printf("%d\\n", @unset["x"] == ""); @unset["y"] = "a"; clear(@unset);`,
  ],
  "maps": [
    `@ = 5;`,
    `@x = 1; @x = 2;`,
    `@x[1] = 10; @x[2] = 5; @x[3] = 7;`,
    `@x["b"] = 1; @x["a"] = 2;`,
    `@x[1, "a", 2] = 3;`,
    `@x++; @x++; @x--; printf("%d\\n", @x);`,
    `@x += 5; @x *= 3; printf("%d\\n", @x);`,
    `@x[1]++; @x[2]++; @x[2]++;`,
    `@x = -5; @y = (uint8)255;`,
    `@x[1] = 1; @x[2] = 2; delete(@x[1]);`,
    `@x[1] = 1; clear(@x); print(@x);`,
    `@x[1] = 5; zero(@x); print(@x);`,
    `@t = (1, "two", 3); print(@t);`,
    `@t[1] = (1, (2, "x")); $a = @t[1]; printf("%d %d %s\\n", $a.0, $a.1.0, $a.1.1);`,
    `$t = (5, "five"); printf("%d %s\\n", $t.0, $t.1); print($t);`,
    `@s["long key that is longer than others"] = 1; @s["k"] = 2;`,
    `@p[(struct task_struct *)0xffff] = 1;`,
    `@a = "text"; @b[5] = "more";`,
    `printf("%d\\n", @never[5]); @never[6] = 1;`,
  ],
  "aggregations": [
    `@ = count(); @ = count();`,
    `@c["a"] = count(); @c["b"] = count(); @c["b"] = count();`,
    `@s = sum(5); @s = sum(-7);`,
    `@a = avg(3); @a = avg(8);`,
    `@a["x"] = avg(3); @a["y"] = avg(1);`,
    `@n = min(5); @n = min(2); @x = max(5); @x = max(9);`,
    `@n[1] = min(5); @n[2] = min(2); @x[1] = max(5); @x[2] = max(9);`,
    `@s = stats(3); @s = stats(8); @k["a"] = stats(2); @k["b"] = stats(1);`,
    `@h = hist(0); @h = hist(1); @h = hist(5); @h = hist(1000); @h = hist(5);`,
    `@h = hist(-5); @h = hist(3);`,
    `@h = hist(1048576); @h = hist(3000); @h = hist(4294967295);`,
    `@h["a"] = hist(5); @h["b"] = hist(9); @h["b"] = hist(9);`,
    `@l = lhist(3, 0, 10, 2); @l = lhist(9, 0, 10, 2);`,
    `@l = lhist(-3, 0, 10, 2); @l = lhist(10, 0, 10, 2); @l = lhist(5, 0, 10, 2);`,
    `@l[1] = lhist(1500, 0, 4096, 1024); @l[2] = lhist(5, 0, 4096, 1024);`,
    `@x[1] = 1; @x[2] = 3; @x[3] = 2; print(@x, 2); print(@x, 1, 2);`,
    `@x["a"] = sum(10); @x["b"] = sum(30); @x["c"] = sum(20); print(@x, 2, 10); clear(@x);`,
    `@h["a"] = hist(5); @h["b"] = hist(9); @h["b"] = hist(9); print(@h, 1); clear(@h);`,
  ],
  "values": [
    `print(5); print("text"); print((1, "a")); print(-3);`,
    `printf("%s %s\\n", ntop(0x0100007f), ntop(2, 0x0100007f));`,
    `printf("%s\\n", ksym(0)); printf("%s\\n", usym(0));`,
    `$p = (uint16)0x1234; $p = bswap($p); printf("%x\\n", $p); $q = $p; printf("%x\\n", bswap($q));`,
    `printf("%d\\n", bswap((uint16)0x1234)); printf("%x\\n", bswap((uint32)0x12345678));`,
    `printf("%s\\n", strftime("%Y-%m-%d", nsecs));`,
    `printf("%d\\n", TCP_ESTABLISHED);`,
    `printf("%s %d\\n", username, uid);`,
    `printf("%d\\n", $1); printf("%s\\n", str($2)); printf("%d\\n", $#);`,
    `cat("/etc/hostname"); cat("/proc/%s", "version");`,
    `printf("%d %d\\n", pid > 0, tid > 0);`,
    `printf("%d\\n", nsecs > 0); printf("%d\\n", elapsed < 10000000000);`,
    `printf("%s\\n", probe);`,
    `time("%Y\\n");`,
    `system("echo hello %d", 5);`,
  ],
};

const PARAMETERS = ["42", "text"];

for (const [what, bodies] of Object.entries(BODIES)) {
  test(`one-liners write what bpftrace writes: ${what}`, { needs: ["bpf", "btf", "bpftrace"] }, async () => {
    const [expected, found]: [string[], string[]] = [[], []];
    for (const body of bodies) {
      const source = `BEGIN { ${body} exit(); }`;
      expected.push(`${source}\n${byBpftrace(source, ["--unsafe"], PARAMETERS)}`);
      found.push(`${source}\n${await byUs(source, { parameters: PARAMETERS, command: shell })}`);
    }
    assertEquals(found, expected);
  });
}
