/**
 * The context of XDP: a packet.
 *
 * @module
 */
import type { Btf } from "../../btf/core.ts";
import type { HeaderName } from "../ir/tree.ts";
import { U32 } from "../ir/type.ts";
import { method } from "./arguments.ts";
import type { Members } from "./members.ts";
import { optionalThing } from "./memory.ts";
import { scalarThing } from "./thing.ts";

/** What the kernel calls the headers. */
const STRUCTS: Readonly<Record<HeaderName, string>> = {
  ethernet: "ethhdr",
  ipv4: "iphdr",
  ipv6: "ipv6hdr",
  tcp: "tcphdr",
  udp: "udphdr",
  icmp: "icmphdr",
};

/** What is known of a packet (`struct xdp_md`). */
export function xdpMembers(types: () => Btf): Members {
  const headers = Object.entries(STRUCTS).map(([name, struct]) =>
    [name, headerMethod(types, name, struct)] as const
  );
  return {
    device: (place) => scalarThing({ kind: "context", type: U32, place, offset: 12, size: 4 }),
    queue: (place) => scalarThing({ kind: "context", type: U32, place, offset: 16, size: 4 }),
    ...Object.fromEntries(headers),
  };
}

function headerMethod(types: () => Btf, name: string, struct: string): Members[string] {
  return () =>
    method(name, [0, 0], (_, place) => {
      const typeId = types().find(struct, "struct")?.id ?? 0;
      const type = {
        kind: "optional",
        of: { kind: "pointer", typeId, space: "packet", trusted: true },
      } as const;
      return optionalThing(types, { kind: "header", type, place, header: name as HeaderName });
    });
}
