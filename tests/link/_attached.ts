/**
 * A script that attaches programs to `_target.c`, says so, and waits to be killed: by the PMU, by tracefs and at an event.
 *
 * @module
 */
import process from "node:process";
import { useNative } from "../../ffi/mod.ts";
import { attachPerfEvent, attachUprobe } from "../../src/link/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { withoutPmu } from "./_old_kernel.ts";

const [path = ""] = process.argv.slice(2);
const object = await load(fixture("probes"), { only: ["on_user", "on_fault"] });
const program = object.programs.get("on_user");
const faults = { type: "software", event: "page-faults", period: 1, pid: process.pid } as const;
const links = [
  attachUprobe(program, path, "waggle_first"),
  ...attachPerfEvent(object.programs.get("on_fault"), faults).links,
];
using _native = useNative(withoutPmu("uprobe"));
links.push(attachUprobe(program, path, "waggle_second"));
console.log(JSON.stringify(links.map(({ info }) => info.id)));
await new Promise((resolve) => setTimeout(resolve, 60_000));
