/**
 * A network device that gets packets from a network namespace of the test's own.
 *
 * @module
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { run } from "../_run.ts";

let count = 0;

/** A pair of devices, one here and one in a namespace. */
export class Network implements Disposable {
  /** The device here. */
  readonly device: string = `wgl${process.pid}x${count++}`;
  /** The name of the namespace. */
  readonly namespace: string = `waggle-${this.device}`;
  /** The address of the device here. */
  readonly address: string;
  /** The address of the device there. */
  readonly peer: string;

  /** Makes both devices. */
  constructor() {
    const net = `198.18.${process.pid % 256}`; // a range for tests: RFC 2544
    this.address = `${net}.1`;
    this.peer = `${net}.2`;
    const [here, there, ns] = [this.device, `${this.device}p`, this.namespace];
    run("ip", ["netns", "add", ns]);
    run("ip", ["link", "add", here, "type", "veth", "peer", "name", there, "netns", ns]);
    run("ip", ["address", "add", `${this.address}/24`, "dev", here]);
    run("ip", ["link", "set", here, "up"]);
    run("ip", ["-n", ns, "address", "add", `${this.peer}/24`, "dev", there]);
    run("ip", ["-n", ns, "link", "set", there, "up"]);
  }

  /** Sends UDP packets to the device here, or by it to another address. */
  send(port: number, packets: number, to: string = this.address): void {
    run("ip", ["netns", "exec", this.namespace, "bash", "-c", script(to, port, packets)]);
  }

  /** Sends UDP packets to the device here, until it resolves. */
  async sending(port: number, packets: number): Promise<void> {
    const args = ["netns", "exec", this.namespace, "bash", "-c", script(this.address, port, packets)];
    await promisify(execFile)("ip", args);
  }

  /** Lets the device there send longer packets, in bytes. */
  setPeerMtu(size: number): void {
    run("ip", ["-n", this.namespace, "link", "set", `${this.device}p`, "mtu", `${size}`]);
  }

  /** Sends UDP packets by the device here: to the one there, or to another address. */
  sendBack(port: number, packets: number, to: string = this.peer): void {
    run("bash", ["-c", script(to, port, packets)]);
  }

  /** Removes both devices. */
  [Symbol.dispose](): void {
    run("ip", ["link", "delete", this.device]);
    run("ip", ["netns", "delete", this.namespace]);
  }
}

function script(address: string, port: number, packets: number): string {
  return `for ((i = 0; i < ${packets}; i++)); do echo x > /dev/udp/${address}/${port}; done`;
}
