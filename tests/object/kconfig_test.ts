import { assertEquals, assertRejects } from "@std/assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { cstr, i16, i32, i8, struct, u32, u64, u8 } from "../../src/codec/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { LayoutError, NotFoundError } from "../../src/errors.ts";
import { load } from "../../src/object/mod.ts";
import { bpftool, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { configText } from "../kernel/_config.ts";

const BPF = { needs: ["bpf", "btf"] } as const;

/** Where the program puts what it sees. */
const Seen = struct({
  hz: u64,
  illegal: u64,
  version: u32,
  none: i32,
  jit: u32,
  state: u32,
  number: i16,
  letter: i8,
  net: u8,
  cookie: u8,
  wrapper: u8,
  bpf: u8,
  truth: u8,
  congestion: cstr(4),
  host: cstr(16),
});

async function seenWith(kconfig = "") {
  await using object = await load(fixture("kconfig"), { kconfig });
  object.programs.get("look").run({ data: new Uint8Array(64) });
  return object.variables.get("seen", Seen).get();
}

/** The value of an option in the kernel's own file. */
function configured(name: string): string | undefined {
  return new RegExp(`^${name}=(.*)$`, "m").exec(configText())?.[1];
}

test("load() gives programs the kernel's configuration", BPF, async () => {
  const seen = await seenWith();
  const [major = 0, minor = 0] = run("uname", ["-r"]).split(".").map((part) => Number.parseInt(part, 10));
  const text = (name: string, size: number) =>
    (configured(name) ?? "").replaceAll('"', "").slice(0, size - 1);
  assertEquals({ ...seen, version: seen.version >> 8 }, {
    hz: BigInt(configured("CONFIG_HZ") ?? 0),
    illegal: BigInt(configured("CONFIG_ILLEGAL_POINTER_VALUE") ?? 0),
    version: major << 8 | minor,
    none: 0,
    jit: Number(configured("CONFIG_BPF_JIT") === "y"),
    state: 0,
    number: 0,
    letter: 0,
    net: "y".charCodeAt(0),
    cookie: 1,
    wrapper: Number(/ __(x64|arm64)_sys_bpf$/m.test(run("cat", ["/proc/kallsyms"]))),
    bpf: 1,
    truth: 0,
    congestion: text("CONFIG_DEFAULT_TCP_CONG", 3),
    host: text("CONFIG_DEFAULT_HOSTNAME", 16),
  });
});

test("load() fills .kconfig as libbpf does", { needs: [...BPF.needs, "bpffs", "bpftool"] }, async () => {
  await using object = await load(fixture("kconfig"));
  const { maps } = parseElf(readFileSync(fixture("kconfig")), "kconfig");
  const options = maps.flatMap(({ kconfig = [] }) => kconfig);
  const wrapper = options.find(({ name }) => name === "LINUX_HAS_SYSCALL_WRAPPER")?.offset ?? -1;
  const folder = mkdtempSync("/sys/fs/bpf/waggle-");
  try {
    // Not run(): libbpf warns of the text that it truncates.
    const file = fileURLToPath(fixture("kconfig"));
    const args = ["prog", "loadall", file, `${folder}/p`, "pinmaps", `${folder}/m`];
    execFileSync(findTool("bpftool") ?? "bpftool", args, { stdio: "ignore" });
    const pin = readdirSync(`${folder}/m`).find((name) => name.endsWith("kconfig"));
    const bytes = (...map: (string | number)[]) => {
      const [{ value }] = bpftool("map", "dump", ...map) as [{ value: string[] }];
      // libbpf finds the wrapper by kprobes, which not every kernel has.
      return value.toSpliced(wrapper, 1);
    };
    assertEquals(bytes("id", object.maps.get(".kconfig").info.id), bytes("pinned", `${folder}/m/${pin}`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the option kconfig counts before the kernel's configuration", BPF, async () => {
  const seen = await seenWith(`
# CONFIG_BPF_JIT is not set
CONFIG_HZ=0x10
CONFIG_HZ=17
CONFIG_NET=7
CONFIG_WAGGLE_NONE=-5
CONFIG_WAGGLE_STATE=m
CONFIG_WAGGLE_CHAR=-128
CONFIG_WAGGLE_SHORT=-32768
CONFIG_WAGGLE_BOOL=y
CONFIG_DEFAULT_TCP_CONG="cubic"
CONFIG_DEFAULT_HOSTNAME="hive"
CONFIG_BPF_SYSCALL=n
`);
  const { hz, net, none, state, letter, number, truth, congestion, host, bpf } = seen;
  assertEquals(
    { hz, net, none, state, letter, number, truth, congestion, host, bpf },
    {
      hz: 16n,
      net: 7,
      none: -5,
      state: 2,
      letter: -128,
      number: -32768,
      truth: 1,
      congestion: "cu",
      host: "hive",
      bpf: 0,
    },
  );
});

test("numbers of the configuration are those of strtoull(3)", BPF, async () => {
  for (const [text, number] of [["0x7F", 127], ["010", 8], ["0", 0], ["-010", -8], ["12", 12]] as const) {
    assertEquals((await seenWith(`CONFIG_WAGGLE_SHORT=${text}`)).number, number, text);
  }
});

test("load() refuses values of the configuration that the variable cannot hold", BPF, async () => {
  for (
    const [line, kind] of [
      ["CONFIG_HZ=y", "int of 8 bytes"],
      ['CONFIG_HZ="250"', "int of 8 bytes"],
      ["CONFIG_HZ=many", "int of 8 bytes"],
      ["CONFIG_HZ=08", "int of 8 bytes"],
      ["CONFIG_WAGGLE_SHORT=32768", "int of 2 bytes"],
      ["CONFIG_WAGGLE_SHORT=-32769", "int of 2 bytes"],
      ["CONFIG_WAGGLE_CHAR=128", "char of 1 bytes"],
      ["CONFIG_WAGGLE_BOOL=m", "bool of 1 bytes"],
      ["CONFIG_WAGGLE_STATE=1", "tristate of 4 bytes"],
      ["CONFIG_DEFAULT_HOSTNAME=12", "string of 16 bytes"],
      ['CONFIG_DEFAULT_HOSTNAME="open', "string of 16 bytes"],
    ] as const
  ) {
    const [name = "", value] = line.split("=");
    await assertRejects(
      () => seenWith(line),
      LayoutError,
      `Cannot load kernel option "${name}": the kernel has ${value}, the variable is a ${kind}`,
    );
  }
});

test("load() refuses an object whose option is not set, unless it is weak", BPF, async () => {
  await assertRejects(
    () => load(fixture("kconfig_strong")),
    NotFoundError,
    `Cannot load kernel option "CONFIG_WAGGLE_NEEDED": the kernel's configuration does not set it: declare it __weak`,
  );
  await using object = await load(fixture("kconfig_strong"), { kconfig: "CONFIG_WAGGLE_NEEDED=12" });
  assertEquals(object.programs.get("look").run({ data: new Uint8Array(64) }).returnValue, 12);
});
