/**
 * What differs between processors: the numbers of system calls and the layout of `struct epoll_event`.
 *
 * Sources: `arch/x86/entry/syscalls/syscall_64.tbl`, `include/uapi/asm-generic/unistd.h`, `include/uapi/linux/eventpoll.h`.
 *
 * @module
 */
import type { Arch } from "./native.ts";

/** The system calls in use. */
export type SystemCall =
  | "read"
  | "write"
  | "openat"
  | "close"
  | "mmap"
  | "munmap"
  | "mprotect"
  | "ioctl"
  | "fcntl"
  | "getdents64"
  | "memfd_create"
  | "epoll_create1"
  | "epoll_ctl"
  | "epoll_pwait"
  | "eventfd2"
  | "perf_event_open"
  | "bpf"
  | "lseek"
  | "socket"
  | "clock_gettime"
  | "mkdirat"
  | "unlinkat"
  | "renameat2"
  | "statx"
  | "pidfd_open"
  | "bind"
  | "setsockopt"
  | "recvfrom"
  | "sendto"
  | "ppoll"
  | "prlimit64";

/** The number of each system call. */
export type SystemCallNumbers = Readonly<Record<SystemCall, number>>;

const X86_64: SystemCallNumbers = {
  read: 0,
  write: 1,
  openat: 257,
  close: 3,
  mmap: 9,
  munmap: 11,
  mprotect: 10,
  ioctl: 16,
  fcntl: 72,
  getdents64: 217,
  memfd_create: 319,
  epoll_create1: 291,
  epoll_ctl: 233,
  epoll_pwait: 281,
  eventfd2: 290,
  perf_event_open: 298,
  bpf: 321,
  lseek: 8,
  socket: 41,
  clock_gettime: 228,
  mkdirat: 258,
  unlinkat: 263,
  renameat2: 316,
  statx: 332,
  pidfd_open: 434,
  bind: 49,
  setsockopt: 54,
  recvfrom: 45,
  sendto: 44,
  ppoll: 271,
  prlimit64: 302,
};

const AARCH64: SystemCallNumbers = {
  read: 63,
  write: 64,
  openat: 56,
  close: 57,
  mmap: 222,
  munmap: 215,
  mprotect: 226,
  ioctl: 29,
  fcntl: 25,
  getdents64: 61,
  memfd_create: 279,
  epoll_create1: 20,
  epoll_ctl: 21,
  epoll_pwait: 22,
  eventfd2: 19,
  perf_event_open: 241,
  bpf: 280,
  lseek: 62,
  socket: 198,
  clock_gettime: 113,
  mkdirat: 34,
  unlinkat: 35,
  renameat2: 276,
  statx: 291,
  pidfd_open: 434,
  bind: 200,
  setsockopt: 208,
  recvfrom: 207,
  sendto: 206,
  ppoll: 73,
  prlimit64: 261,
};

/** The numbers of system calls on `arch`. */
export function systemCalls(arch: Arch): SystemCallNumbers {
  return arch === "x86_64" ? X86_64 : AARCH64;
}

/** Size of `struct epoll_event` and the place of its `data`, in bytes: packed on x86-64 only. */
export function epollEventLayout(arch: Arch): { readonly size: number; readonly data: number } {
  return arch === "x86_64" ? { size: 12, data: 4 } : { size: 16, data: 8 };
}
