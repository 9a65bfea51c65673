/**
 * Filters of sockets.
 *
 * @module
 */
import type { Program } from "../program/mod.ts";
import { ERRNO, SOCKET_OPTION } from "../sys/mod.ts";
import { attachToSocket, type SocketTarget } from "./_socket.ts";
import type { Attachment } from "./link.ts";

/**
 * Attaches a filter to a socket (`BPF_PROG_TYPE_SOCKET_FILTER`), in place of the one it has: of each packet that
 * arrives, the program returns how many bytes the socket gets; 0 drops it. Needs no capability. Since Linux 3.19.
 *
 * @param socket Its descriptor, or what {@linkcode packetSocket} opened.
 *
 * @example The packets of one protocol
 * ```ts ignore
 * import { attachSocketFilter, load, packetSocket } from "@waggle/ebpf";
 *
 * await using object = await load("dns.bpf.o");
 * using socket = packetSocket("eth0");
 * using filter = attachSocketFilter(object.programs.get("only_dns"), socket);
 * for await (const { data } of socket) console.log(data.length);
 * ```
 *
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The socket's filter is locked (`SO_LOCK_FILTER`).
 * @throws {SyscallError} The descriptor is no socket (`ENOTSOCK`), or nothing (`EBADF`).
 */
export function attachSocketFilter(program: Program, socket: SocketTarget): Attachment {
  return attachToSocket(program, socket, {
    what: "a filter",
    attach: SOCKET_OPTION.ATTACH_BPF,
    detach: SOCKET_OPTION.DETACH_FILTER,
    types: ["socket_filter"],
    hints: {
      [ERRNO.ENOTSOCK]: "the descriptor stands for something else",
      [ERRNO.ENOMEM]: "the filters of the socket exceed the sysctl net.core.optmem_max",
    },
  });
}
