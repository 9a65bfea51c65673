/**
 * A script on this kernel as if it were one without cookies, before Linux 5.15: its BTF does not name the helper. Attaches to
 * a probe by addresses, hits it, and prints what the program saw.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { addressOf, native, systemCalls, useNative } from "../../ffi/mod.ts";
import { attachUsdt } from "../../src/link/mod.ts";
import { hash } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { cString, textOf } from "../../src/sys/mod.ts";
import { fixture } from "../_bpf.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const [program = "", file = "", fixed = ""] = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), "waggle-btf-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const types = readFileSync(VMLINUX);
const at = types.indexOf("BPF_FUNC_get_attach_cookie\0");
types.write("X", at);
const path = join(folder, "vmlinux");
writeFileSync(path, types);

const real = native();
const { openat } = systemCalls(real.arch);
const other = cString(path);
using _native = useNative({
  ...real,
  syscall(number, directory, name, ...args) {
    const opened = number === openat ? textOf(new Uint8Array(real.bufferAt(BigInt(name ?? 0), 64))) : "";
    return real.syscall(number, directory, opened === VMLINUX ? addressOf(other) : name, ...args);
  },
});

const object = await load(fixture("usdt"), { only: ["on_each"] });
const [specs, ids] = ["__bpf_usdt_specs", "__bpf_usdt_ip_to_spec_id"].map((name) => object.maps.get(name));
if (!specs || !ids) throw new Error("no maps");
const child = spawn(program, ["lines", "4711"], { stdio: ["pipe", "pipe", "inherit"] });
const next = async () => {
  child.stdin.write("\n");
  await once(child.stdout, "data");
};
await next(); // It runs, libraries and all
const options = { specs, ids, cookie: 42n };
const attach = (pid?: number) =>
  attachUsdt(object.programs.get("on_each"), file, "waggle:guarded", {
    ...options,
    ...(pid !== undefined && { pid }),
  });
const messages: string[] = [];
const tried = (body: () => void) => {
  try {
    body();
  } catch (error) {
    messages.push(String(error));
  }
};
tried(() => attach().close());
const attachment = attach(fixed ? undefined : child.pid);
tried(() => attach(fixed ? undefined : child.pid).close());
await next();
const [seen] = object.maps.get("seen", hash()).values();
attachment.close();
attach(fixed ? undefined : child.pid).close(); // The address is free again
console.log(
  JSON.stringify(
    { messages, seen, left: object.maps.get(ids.name, hash()).size },
    (_, value) => typeof value === "bigint" ? Number(value) : value,
  ),
);
child.kill();
await once(child, "close");
await object.close();
