/**
 * A whole kernel function, as {@linkcode Statement}s.
 *
 * @module
 */
import type { PacketKind } from "./packet.ts";
import type { Statement } from "./tree.ts";

/** What a function does with packets. */
export interface PacketUse {
  readonly kind: PacketKind;
  /** Up to which layer it asks for headers: beyond Ethernet's, these are looked for. */
  readonly finds: "link" | "network" | "transport";
}

/** A kernel function, ready to be made code of. */
export interface Program {
  readonly body: readonly Statement[];
  /** What it returns at its end. */
  readonly result: bigint;
  /** Of one that sees packets. */
  readonly packet?: PacketUse;
}
