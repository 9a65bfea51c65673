/**
 * Maps whose values are sockets.
 *
 * @module
 */
import { type Codec, i64, u64 } from "../codec/mod.ts";
import { SyscallError } from "../errors.ts";
import { ERRNO } from "../sys/mod.ts";
import { Elements, SingleElements, updateFlags, type UpdateOptions } from "./elements.ts";
import { indexKey, type MapHandle } from "./handle.ts";
import { explained, type Hints, isNatural } from "./explain.ts";
import { DeletableMap } from "./keyed.ts";
import type { MapKind } from "./kind.ts";

/** Descriptors of sockets: written as 64 bits, since what is read is a cookie of 64 bits. */
const SOCKET: Codec<number> = {
  ...i64,
  type: "socket",
  read: (view, at) => Number(i64.read(view, at)),
  write(view, at, socket) {
    if (!isNatural(socket)) throw new RangeError(`Cannot use ${socket} as a socket: it is no descriptor`);
    i64.write(view, at, BigInt(socket));
  },
};

/** Elements as the cookies of sockets. */
class Cookies<K> extends SingleElements<K, bigint> {
  override delete(key: K): boolean {
    try {
      return super.delete(key);
    } catch (error) {
      // What the kernel says of an empty place (`__sock_map_delete`)
      if (error instanceof SyscallError && error.errno === ERRNO.EINVAL) return false;
      throw error;
    }
  }
}

const HINTS: Hints = {
  [ERRNO.EBADF]: "nothing is open under this number",
  [ERRNO.ENOTSOCK]: "the descriptor stands for something else",
  [ERRNO.EOPNOTSUPP]:
    "such maps take TCP sockets that are connected or listen, UDP sockets, and connected ones of Unix domains and vsock",
  [ERRNO.EBUSY]: "it is in a map already, or used by the kernel in another way: remove it there first",
};
const REUSEPORT_HINTS: Hints = {
  ...HINTS,
  [ERRNO.EINVAL]: "set SO_REUSEPORT on the socket and bind it first",
};

/**
 * A map whose values are sockets, to which programs redirect. Read as the cookies of the sockets, the numbers that
 * `getsockopt(SO_COOKIE)` and `bpf_get_socket_cookie()` tell. A socket leaves by itself when it is closed.
 *
 * Maps of objects whose values have 4 bytes can be written alone: cookies have 8.
 *
 * @typeParam K A key; an index in arrays.
 */
export class SocketMap<K> extends DeletableMap<K, bigint> {
  readonly #sockets: Elements<K, number>;
  readonly #hints: Hints;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, key: Codec<K>) {
    super(handle, new Cookies(handle, key, u64));
    this.#sockets = new Elements(handle, key, SOCKET);
    this.#hints = handle.facts.type === "reuseport_sockarray" ? REUSEPORT_HINTS : HINTS;
  }

  /**
   * Puts a socket in.
   *
   * @param socket Its descriptor, which stays the caller's.
   *
   * @throws {MapFullError} There is no room for another key.
   * @throws {SyscallError} It is no socket (`ENOTSOCK`), of a protocol or state that the map does not take
   * (`EOPNOTSUPP`, `EINVAL`), or in another map already (`EBUSY`).
   */
  set(key: K, socket: number, options?: UpdateOptions): this {
    const flags = updateFlags(options);
    const action = `put socket ${socket} in map "${this.name}"`;
    explained(action, this.#hints, () => this.#sockets.set(key, socket, flags));
    return this;
  }
}

/** Arrays of sockets (`BPF_MAP_TYPE_SOCKMAP`). Since Linux 4.14. */
export function sockMap(): MapKind<SocketMap<number>> {
  return socketArray("sockmap");
}

/** Arrays of sockets that share a port, of which programs select one (`BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`). Since Linux 4.19. */
export function reuseportArray(): MapKind<SocketMap<number>> {
  return socketArray("reuseport_sockarray");
}

/** Sockets by keys (`BPF_MAP_TYPE_SOCKHASH`). Since Linux 4.18. */
export function sockHash<K>(key: Codec<K>): MapKind<SocketMap<K>> {
  return {
    types: ["sockhash"],
    keySize: key.size,
    valueSize: [8, 4],
    key,
    open: (handle) => new SocketMap(handle, key),
  };
}

function socketArray(type: "sockmap" | "reuseport_sockarray"): MapKind<SocketMap<number>> {
  return {
    types: [type],
    keySize: 4,
    valueSize: [8, 4],
    open: (handle) => new SocketMap(handle, indexKey(handle)),
  };
}
