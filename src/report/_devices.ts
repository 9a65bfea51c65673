/**
 * Network devices and the packets that they count.
 *
 * @module
 */
import { namesIfThere, textIfThere } from "./_files.ts";

const FOLDER = "/sys/class/net";
/** `IFF_UP` of include/uapi/linux/if.h. */
const UP = 1;

/** What sysfs says of a device. */
export interface Device {
  readonly name: string;
  readonly index: number;
  /** Whether it is switched on (`ip link set … up`). */
  readonly up: boolean;
  /** Packets ever. */
  readonly received: number;
  /** Packets ever. */
  readonly sent: number;
}

/** The devices of the network namespace that sysfs is mounted for, by index. */
export function networkDevices(): ReadonlyMap<number, Device> {
  const devices = namesIfThere(FOLDER).map((name): Device => ({
    name,
    index: numberIn(`${FOLDER}/${name}/ifindex`),
    up: (numberIn(`${FOLDER}/${name}/flags`) & UP) !== 0,
    received: numberIn(`${FOLDER}/${name}/statistics/rx_packets`),
    sent: numberIn(`${FOLDER}/${name}/statistics/tx_packets`),
  }));
  return new Map(devices.map((device) => [device.index, device]));
}

function numberIn(path: string): number {
  return Number(textIfThere(path) ?? 0);
}
