/**
 * XDP programs of network devices by netlink, which is how they were attached before there were links.
 *
 * @module
 */
import { linkRequest, netlinkAttributes } from "../sys/mod.ts";

/** `IFLA_XDP` and what is in it: `include/uapi/linux/if_link.h`. */
const XDP = 43;
const FD = 1;
const ATTACHED = 2;
const FLAGS = 3;
const PROGRAM_ID = 4;
const EXPECTED_FD = 8;
/** The ids where programs are attached in several modes: native, generic, offload. */
const IDS = [5, 6, 7] as const;

/** `XDP_FLAGS_…` of the same. */
export const XDP_FLAGS = {
  UPDATE_IF_NOEXIST: 1,
  GENERIC: 2,
  NATIVE: 4,
  OFFLOAD: 8,
  REPLACE: 16,
} as const;

/** The flag of each mode, by `XDP_ATTACHED_…`. */
const ATTACHED_FLAGS: readonly number[] = [0, XDP_FLAGS.NATIVE, XDP_FLAGS.GENERIC, XDP_FLAGS.OFFLOAD];
const MULTI = 4;

/** The program of a device and its mode, as the one of {@linkcode XDP_FLAGS}. */
export interface DeviceXdp {
  readonly programId: number;
  readonly flags: number;
}

/** The XDP programs of a device, of which there may be one in each mode. */
export function xdpPrograms(what: string, device: number): DeviceXdp[] {
  const attributes = linkRequest(`list the programs of ${what}`, "GETLINK", device);
  const xdp = attributes.get(XDP);
  if (xdp === undefined) return [];
  const nested = netlinkAttributes(xdp, 0);
  const attached = nested.get(ATTACHED)?.getUint8(0) ?? 0;
  const id = (type: number) => nested.get(type)?.getUint32(0, true) ?? 0;
  const all = attached === MULTI
    ? IDS.map((type, at) => ({ programId: id(type), flags: ATTACHED_FLAGS[at + 1] ?? 0 }))
    : [{ programId: id(PROGRAM_ID), flags: ATTACHED_FLAGS[attached] ?? 0 }];
  return all.filter(({ programId }) => programId !== 0);
}

/** No descriptor: detaches. */
const NONE = -1;

/** Puts a program, or none, in the place of another; in an empty place where `expected` is none. Since Linux 5.7. */
export function setXdpProgram(
  action: string,
  device: number,
  program: number | undefined,
  expected: number | undefined,
  mode: number,
): void {
  const condition = expected === undefined ? XDP_FLAGS.UPDATE_IF_NOEXIST : XDP_FLAGS.REPLACE;
  linkRequest(action, "SETLINK", device, [
    [XDP, [
      [FD, program ?? NONE],
      [FLAGS, mode | condition],
      ...(expected === undefined ? [] : [[EXPECTED_FD, expected] as const]),
    ]],
  ]);
}
