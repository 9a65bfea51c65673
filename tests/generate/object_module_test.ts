import { assertEquals, assertThrows } from "@std/assert";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseElf } from "../../src/elf/mod.ts";
import { NotFoundError } from "../../src/errors.ts";
import { objectModule, type ObjectModuleOptions } from "../../src/generate/mod.ts";
import { bpftool } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { exercise } from "./_exercise.ts";

/** `WAGGLE_OBJECTS` names another folder, as `objects` of that which `deno task conformance` makes. */
const OTHERS = process.env["WAGGLE_OBJECTS"];
const OBJECTS = OTHERS ?? fileURLToPath(new URL("../bpf/", import.meta.url));
const LIBRARY = fileURLToPath(new URL("_library.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** These are made to be refused: an array too large for any kernel, an option of the kernel that none has. */
const REFUSED = ["impossible", "kconfig_strong"];

/** Modules for all objects of tests/bpf, in a folder that is gone when the process ends. */
const folder = mkdtempSync(join(tmpdir(), "waggle-generated-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const names = readdirSync(OBJECTS).filter((file) => file.endsWith(".bpf.o")).map((file) =>
  basename(file, ".bpf.o")
).sort();

function moduleOf(name: string, options: Partial<ObjectModuleOptions> = {}): string {
  const bytes = readFileSync(join(OBJECTS, `${name}.bpf.o`));
  return objectModule({
    spec: parseElf(bytes, name),
    bytes,
    name,
    about: `waggle generate ${name}.bpf.o`,
    library: LIBRARY,
    events: {},
    types: [],
    ...options,
  });
}

function write(name: string, text: string): string {
  const path = join(folder, `${name}.ts`);
  writeFileSync(path, text);
  return path;
}

test(
  "modules of objects are formatted, without faults for linters and publishers, and their types are right",
  {
    needs: ["deno"],
  },
  () => {
    for (const name of names) write(name, moduleOf(name));
    const config = ["-c", `${ROOT}deno.offline.json`];
    run("deno", ["fmt", "--check", "--no-config", folder]);
    run("deno", ["lint", "--rules-include=no-slow-types", "--no-config", folder]);
    // Each runtime's tests: the types of one take as long as those of all
    run("deno", [
      "check",
      "--quiet",
      "--no-lock",
      ...config,
      ...names.map((name) => join(folder, `${name}.ts`)),
    ]);
  },
);

test("modules load, and all that they declare is written and read", { needs: ["bpf", "bpffs"] }, async () => {
  let done = 0;
  const refused: string[] = [];
  const wrong: string[] = [];
  for (const name of names) {
    const result = await exercise(write(name, moduleOf(name)));
    if (result.error !== undefined) refused.push(name);
    for (const one of result.wrong) wrong.push(`${name}: ${one}`);
    done += result.done.length;
  }
  assertEquals(wrong, []);
  assertEquals(done > 100, true);
  if (OTHERS === undefined) assertEquals(refused, REFUSED);
  else console.log(`${names.length} modules, ${done} variables and maps, not loaded: ${refused.join(", ")}`);
});

test("bpftool shows what a module writes, and a module reads what bpftool writes", {
  needs: ["bpf", "bpftool"],
}, async () => {
  const { load } = await import(pathToFileURL(write("typed", moduleOf("typed"))).href);
  await using typed = await load();
  typed.maps.typed.set({ port: 443, protocol: 6 }, { packets: 7n, comm: "curl" });
  const { id } = typed.maps.typed.info;
  const [{ formatted }] = bpftool("map", "dump", "id", id) as [{ formatted: unknown }];
  assertEquals(formatted, { key: { port: 443, protocol: 6 }, value: { packets: 7, comm: "curl" } });
  const bytes = (text: string) => text.split(" ");
  const key = bytes("0x50 0 0 0 17 0 0 0");
  const value = bytes("9 0 0 0 0 0 0 0 0x6e 0x63 0 0 0 0 0 0 0 0 0 0 0 0 0 0");
  run("bpftool", ["map", "update", "id", String(id), "key", ...key, "value", ...value]);
  assertEquals(typed.maps.typed.get({ port: 80, protocol: 17 }), { packets: 9n, comm: "nc" });
});

test("events are of the type that is named", { needs: ["bpf"] }, async () => {
  const text = moduleOf("events", { events: { events: "numbered" } });
  const { load } = await import(pathToFileURL(write("events_of", text)).href);
  await using samples = await load();
  samples.programs.to_ring.run({ data: new Uint8Array(64) });
  const [event] = await Array.fromAsync(samples.maps.events.events({ timeout: 0 })) as [
    Record<string, unknown>,
  ];
  assertEquals(Object.keys(event), ["number", "cpu", "size"]);
  assertEquals(event["number"], 0n);
  assertThrows(
    () => moduleOf("events", { events: { events: "numbred" } }),
    NotFoundError,
    'Cannot find type "numbred": the BTF of the object has none of that name',
  );
  assertThrows(
    () => moduleOf("events", { events: { event: "numbered" } }),
    NotFoundError,
    'Cannot type events of map "event": the object has no such map',
  );
  assertThrows(() => moduleOf("variables", { types: ["int"] }), NotFoundError);
});
