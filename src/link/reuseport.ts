/**
 * Programs that select one of the sockets that share a port.
 *
 * @module
 */
import type { Program } from "../program/mod.ts";
import { ERRNO, SOCKET_OPTION } from "../sys/mod.ts";
import { attachToSocket, type SocketTarget } from "./_socket.ts";
import type { Attachment } from "./link.ts";

/**
 * Attaches a program to the sockets that share a port by `SO_REUSEPORT`, by way of any of them, in place of the one
 * they have: it selects the one that gets a connection or datagram (`BPF_PROG_TYPE_SK_REUSEPORT`, since Linux 4.19).
 * Needs no capability.
 *
 * @param socket The descriptor of a socket with `SO_REUSEPORT`.
 *
 * @example
 * ```ts ignore
 * import { attachReuseport, load, reuseportArray } from "@waggle/ebpf";
 *
 * const socket = 7; // a descriptor
 * await using object = await load("select.bpf.o");
 * object.maps.get("sockets", reuseportArray()).set(0, socket);
 * using selection = attachReuseport(object.programs.get("select"), socket);
 * ```
 *
 * @throws {TypeError} The program is of another type.
 * @throws {SyscallError} The socket does not share its port (`EINVAL`), or is no socket (`ENOTSOCK`).
 */
export function attachReuseport(program: Program, socket: SocketTarget): Attachment {
  return attachToSocket(program, socket, {
    what: "a selection",
    attach: SOCKET_OPTION.ATTACH_REUSEPORT_EBPF,
    detach: SOCKET_OPTION.DETACH_REUSEPORT_BPF,
    types: ["sk_reuseport", "socket_filter"],
    hints: {
      [ERRNO.EINVAL]: "set SO_REUSEPORT on the socket before it is bound",
      [ERRNO.ENOTSOCK]: "the descriptor stands for something else",
      [ERRNO.ENOTSUPP]: "only sockets of TCP and UDP are selected by such programs",
    },
  });
}
