/**
 * A script that attaches a program to a probe of a file with a counter, says so, and waits to be killed.
 *
 * @module
 */
import process from "node:process";
import { attachUsdt } from "../../src/link/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";

const [file = "", name = ""] = process.argv.slice(2);
const object = await load(fixture("usdt"), { only: [name] });
const attachment = attachUsdt(object.programs.get(name), file, "waggle:guarded", {
  specs: object.maps.get("__bpf_usdt_specs"),
});
console.log(attachment.links.length);
await new Promise((resolve) => setTimeout(resolve, 60_000));
