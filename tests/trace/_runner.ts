/** Runs a program of the kernel so many times: arguments are its id and how often. */
import { openProgram } from "../../src/program/mod.ts";
import { scriptArguments } from "../../src/sys/mod.ts";

const [id, repeat] = scriptArguments().map(Number);
using program = openProgram({ id: id ?? 0 });
program.run({ data: new Uint8Array(64), repeat: repeat ?? 0 });
