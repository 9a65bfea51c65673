/**
 * Programs of infrared receivers.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { attachTypeNumber, type Program } from "../program/mod.ts";
import { ERRNO, OPEN } from "../sys/mod.ts";
import { NO_RECEIVER, openLirc } from "./_places.ts";
import { attachProg } from "./_prog_attachment.ts";
import { explainAttach } from "./explain.ts";
import type { Attachment } from "./link.ts";
import { knownPrograms, stateOf } from "./query.ts";

/**
 * Attaches a program to an infrared receiver (`BPF_PROG_TYPE_LIRC_MODE2`): it gets each pulse and space of the signal, and
 * tells the kernel which key that was. Several programs may be attached, up to 64. Since Linux 4.18.
 *
 * It is no link: the program stays when the process ends without closing the attachment. {@linkcode queryPrograms} lists
 * those of a receiver.
 *
 * @param path The file of the receiver: `/dev/lirc0`. The process needs to be allowed to write to it.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachLirc, load } from "@waggle/ebpf";
 *
 * await using object = await load("remote.bpf.o");
 * using attachment = attachLirc(object.programs.get("decode"), "/dev/lirc0");
 * ```
 *
 * @throws {NotFoundError} There is no such file; the message lists the closest names.
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process lacks a capability, or may not open the file.
 * @throws {SyscallError} The file is no receiver of raw signals; the program is attached there already, or 64 others.
 */
export function attachLirc(program: Program, path: string): Attachment {
  const what = `an attachment of program "${program.name}" to infrared receiver "${path}"`;
  // Since Linux 6.10 only those who may write may attach (6a9d552483d5)
  const descriptor = openLirc(path, OPEN.WRITE);
  try {
    return attachProg(what, program, { descriptor }, { attach_type: attachTypeNumber("lirc_mode2") });
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const state = stateOf(knownPrograms({ lirc: path, attachType: "lirc_mode2" }).programs);
    throw explainAttach(cause, {
      program,
      what,
      types: ["lirc_mode2"],
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: {
        [ERRNO.EEXIST]: `the program is attached there already: ${state}`,
        [ERRNO.E2BIG]: `64 programs are attached there: ${state}`,
        [ERRNO.EINVAL]: NO_RECEIVER,
        [ERRNO.ENODEV]: "the device was unplugged",
      },
    });
  }
}
