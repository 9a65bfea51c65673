/**
 * A script that attaches a program to a device as a filter, says so, and waits to be killed.
 *
 * @module
 */
import process from "node:process";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { attachTc } from "../../src/link/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";

const [device = ""] = process.argv.slice(2);
const instructions = [mov(r0, -1), exit()];
const [left, other] = ["left", "other"].map((name) => loadProgram({ name, type: "sched_cls", instructions }));
if (left === undefined || other === undefined) throw new Error("no programs");
attachTc(left, device, "ingress", { priority: 5, handle: 7 });
attachTc(left, device, "egress");
attachTc(other, device, "ingress");
console.log(process.pid);
await new Promise((resolve) => setTimeout(resolve, 60_000));
