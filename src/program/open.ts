/**
 * Programs that exist already.
 *
 * @module
 */
import { openObject } from "../kernel/mod.ts";
import { Descriptor } from "../sys/mod.ts";
import { readProgramInfo } from "./info.ts";
import { Program } from "./program.ts";

/** Where a program is found. */
export type ProgramSource =
  /** By the number that the kernel gave it. Needs `CAP_SYS_ADMIN`. Since Linux 4.13. */
  | { readonly id: number }
  /** By its name in a BPF file system. Since Linux 4.4. */
  | { readonly pin: string }
  /** By a descriptor of this process, which stays the caller's. */
  | { readonly fd: number };

/**
 * Opens a program, to be described, run, attached and pinned.
 *
 * @example What the kernel made of a program
 * ```ts ignore
 * import { openProgram } from "@waggle/ebpf";
 * import { disassemble } from "@waggle/ebpf/asm";
 *
 * using program = openProgram({ id: 17 });
 * console.log(program.info, disassemble(program.instructions()));
 * ```
 *
 * @throws {NotFoundError} There is no such program.
 * @throws {KindError} It is no program: another kind of object, or another descriptor.
 * @throws {PermissionError} The process may not open it.
 */
export function openProgram(source: ProgramSource): Program {
  using undo = new DisposableStack();
  const found = undo.use(openObject("PROG", source));
  const { name, id } = readProgramInfo(found);
  const pin = "pin" in source ? source.pin : undefined;
  const called = name || pin?.slice(pin.lastIndexOf("/") + 1) || `program ${id}`;
  return new Program(new Descriptor(found.take(), `program "${called}"`), called, { pin });
}
