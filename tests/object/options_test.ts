import { assertEquals, assertRejects } from "@std/assert";
import { readFileSync } from "node:fs";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { NotFoundError, WaggleError } from "../../src/errors.ts";
import { load, type LoadOptions } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

test("load() refuses options that do not exist", async () => {
  const options: Record<string, unknown> = { variable: {} };
  await assertRejects(
    () => load(new Uint8Array(0), options as LoadOptions),
    TypeError,
    'Cannot load: there is no option "variable": there are variables, maps, only,',
  );
});

test("load() refuses to load only what the object does not have", async () => {
  await assertRejects(
    () => load(readFileSync(fixture("optional")), { only: ["good", "askd"] }),
    NotFoundError,
    'Cannot load only "askd": the object has none of that name: did you mean "asked"?',
  );
});

test("load() takes its rights from a token for types, maps and programs", async () => {
  const [DIRECTORY, TOKEN, OTHER] = [100, 101, 102];
  const TOKEN_FD = 1 << 16; // BPF_F_TOKEN_FD
  /** By command of bpf(2): its number, and where in `union bpf_attr` it has flags and the token. */
  const commands: Readonly<Record<number, readonly [string, number, number]>> = {
    0: ["MAP_CREATE", 16, 76],
    5: ["PROG_LOAD", 44, 144],
    18: ["BTF_LOAD", 32, 36],
  };
  const seen = new Map<string, number>();
  const closed: number[] = [];
  const kernel = fakeNative(({ name, args, memory }) => {
    const [command = 0, attr = 0] = args;
    switch (name) {
      case "openat":
        return DIRECTORY;
      case "close":
        closed.push(Number(command));
        return 0;
      case "bpf": {
        const u32 = (at: number) => new DataView(memory(attr, at + 4).slice().buffer).getUint32(at, true);
        if (command === 36) return u32(4) === DIRECTORY ? TOKEN : -22; // TOKEN_CREATE: flags, bpffs_fd
        const known = commands[Number(command)];
        if (!known) return 0;
        const [what, flags, token] = known;
        assertEquals([u32(flags) & TOKEN_FD, u32(token)], [TOKEN_FD, TOKEN], what);
        seen.set(what, (seen.get(what) ?? 0) + 1);
        return OTHER;
      }
      default:
        return -38;
    }
  });
  const file = readFileSync(fixture("variables"));
  using _ = useNative(kernel);
  {
    await using object = await load(file, { token: "/sys/fs/bpf" });
    assertEquals(object.programs.names(), ["look", "advance"]);
  }
  assertEquals(Object.fromEntries(seen), { BTF_LOAD: 1, MAP_CREATE: 4, PROG_LOAD: 2 });
  for (const fd of [DIRECTORY, TOKEN]) assertEquals(closed.filter((one) => one === fd), [fd]);
});

test("load() says why there is no token", { needs: ["bpf", "bpffs"] }, async () => {
  // The kernel gives none outside of user namespaces
  await assertRejects(() => load(fixture("variables"), { token: "/sys/fs/bpf" }), WaggleError, "token");
});
