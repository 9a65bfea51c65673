import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { NotFoundError, PermissionError } from "../../src/errors.ts";
import { kernelSymbols } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";
import { useTexts } from "./_texts.ts";

test("kernelSymbols() has the addresses of /proc/kallsyms", { needs: ["root"] }, () => {
  const all = new Map<string, bigint[]>();
  for (const line of readFileSync("/proc/kallsyms", "utf8").trim().split("\n")) {
    const [address, , name = ""] = line.split(/\s/);
    all.set(name, [...all.get(name) ?? [], BigInt(`0x${address}`)]);
  }
  // BPF programs have symbols too, and other tests load and unload some meanwhile.
  const unique = [...all].filter(([name, addresses]) =>
    addresses.length === 1 && !name.startsWith("bpf_prog_")
  );
  const some = unique.filter((_, index) => index % 5000 === 0 || index === unique.length - 1);
  const found = kernelSymbols([...some.map(([name]) => name), "no_such_symbol"]);
  assertEquals([...found], some.map(([name, [address = 0n]]) => [name, address]));
  const [ambiguous = ""] = [...all].find(([, [first, second]]) => second !== undefined && first !== second) ??
    [];
  assertThrows(
    () => kernelSymbols([ambiguous]),
    NotFoundError,
    `Cannot find kernel symbol "${ambiguous}": there are several of that name`,
  );
});

const TEXT = `ffffffff81000000 T start
ffffffff81000010 t start_more
ffffffff81000020 t more_start
ffffffffc0000000 t in_module\t[start]
ffffffffc0000010 t twice\t[one]
ffffffffc0000010 t twice\t[other]
0000000000000000 A hidden
ffffffff82000000 D end`;

test("kernelSymbols() takes whole names, of the kernel and of modules", () => {
  using _ = useTexts({ "/proc/kallsyms": TEXT });
  assertEquals(
    kernelSymbols(["start", "in_module", "twice", "end", "start", "more", "T", "ffffffff81000000", ""]),
    new Map([
      ["start", 0xffffffff81000000n],
      ["in_module", 0xffffffffc0000000n],
      ["twice", 0xffffffffc0000010n],
      ["end", 0xffffffff82000000n],
    ]),
  );
});

test("kernelSymbols() says when the kernel hides addresses", () => {
  using _ = useTexts({ "/proc/kallsyms": TEXT });
  assertThrows(
    () => kernelSymbols(["hidden"]),
    PermissionError,
    'Cannot find kernel symbol "hidden": the kernel hides addresses: sysctl kernel.kptr_restrict=1',
  );
});
