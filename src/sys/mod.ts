/**
 * The door to the kernel: system calls with typed arguments, owned descriptors and errors that name what was tried.
 *
 * Everything here is close to the kernel's own interface; the rooms above it are what scripts use.
 *
 * @example The ids of the programs in the kernel
 * ```ts ignore
 * import { nextId } from "@waggle/ebpf/sys";
 *
 * for (let id = nextId("PROG", 0); id !== undefined; id = nextId("PROG", id)) console.log(id);
 * ```
 *
 * @module
 */
export { cStrings, joinedBytes, words32, words64 } from "./arrays.ts";
export { Attr, cString, type Fields, type FieldValue, objectName, textOf } from "./attr.ts";
export { bpf, type BpfCommand, tryBpf } from "./bpf.ts";
export { iterCreate, linkCreate, linkDetach, linkUpdate, rawTracepointOpen } from "./bpf_link.ts";
export { type BatchCommand, type BatchResult, mapBatch, mapCreate, mapFreeze } from "./bpf_map.ts";
export {
  btfLoad,
  type BtfLoadResult,
  descriptorInfo,
  nextId,
  type ObjectKind,
  objectKind,
  objGet,
  objInfo,
  objPin,
  openById,
  tokenCreate,
} from "./bpf_object.ts";
export {
  enableStats,
  progAttach,
  progBindMap,
  progDetach,
  progLoad,
  type ProgLoadResult,
  progQuery,
  progStreamRead,
  progTestRun,
  taskFdQuery,
} from "./bpf_prog.ts";
export { checked, syscall, syscallError, trySyscall } from "./call.ts";
export { CLOCK, clockTime } from "./clock.ts";
export { Descriptor } from "./descriptor.ts";
export { environment } from "./environment.ts";
export { EPOLL, Epoll, EventFd } from "./epoll.ts";
export { ERRNO, errorName, errorText } from "./errno.ts";
export {
  directoryNames,
  fileExists,
  fileSize,
  type FileStatus,
  fileStatus,
  inodeNumber,
  makeDirectory,
  OPEN,
  openFile,
  readAt,
  readFile,
  readTextFile,
  readToEnd,
  removeFile,
  renameFile,
  writeTextFile,
} from "./file.ts";
export { interfaceIndex } from "./interface.ts";
export { MapElement } from "./map_element.ts";
export {
  linkRequest,
  NETLINK_FLAG,
  type NetlinkAttribute,
  netlinkAttributes,
  netlinkText,
  type RouteRequest,
  routeRequest,
  type RouteRequestType,
} from "./netlink.ts";
export { acquireLoad, type Loan, Mapping, type MappingOptions, pageSize } from "./mmap.ts";
export { perfEventEnable, perfEventOpen, perfEventPause, perfEventSetProgram } from "./perf_event.ts";
export type { PerfEventTarget } from "./perf_event.ts";
export { POLL, poll } from "./poll.ts";
export { openTask } from "./process.ts";
export { memlockLimit, raiseMemlock } from "./memlock.ts";
export { openReadable, type Readable, type ReadableMode, readinessClosed } from "./readiness.ts";
export {
  bindSocket,
  openSocket,
  type Received,
  receiveFrom,
  sendTo,
  setSocketOption,
  SOCKET_OPTION,
} from "./socket.ts";
export { hungUp, type TerminalSize, terminalSize, tryWriteText } from "./terminal.ts";
export { unpackXz } from "./xz.ts";
export { allocate, scriptArguments, type SystemCall, type Word } from "../../ffi/mod.ts";
