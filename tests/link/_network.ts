/**
 * A network device that gets packets from a network namespace of the test's own.
 *
 * @module
 */
import process from "node:process";
import { run } from "../_run.ts";

let count = 0;

/** A pair of devices, one here and one in a namespace. */
export class Network implements Disposable {
  /** The device here. */
  readonly device: string = `wgl${process.pid}x${count++}`;
  readonly #namespace = `waggle-${this.device}`;
  readonly #address: string;
  readonly #peer: string;

  /** Makes both devices. */
  constructor() {
    const net = `198.18.${process.pid % 256}`; // a range for tests: RFC 2544
    this.#address = `${net}.1`;
    this.#peer = `${net}.2`;
    const [here, there, ns] = [this.device, `${this.device}p`, this.#namespace];
    run("ip", ["netns", "add", ns]);
    run("ip", ["link", "add", here, "type", "veth", "peer", "name", there, "netns", ns]);
    run("ip", ["address", "add", `${this.#address}/24`, "dev", here]);
    run("ip", ["link", "set", here, "up"]);
    run("ip", ["-n", ns, "address", "add", `${this.#peer}/24`, "dev", there]);
    run("ip", ["-n", ns, "link", "set", there, "up"]);
  }

  /** Sends UDP packets to the device here. */
  send(port: number, packets: number): void {
    run("ip", ["netns", "exec", this.#namespace, "bash", "-c", script(this.#address, port, packets)]);
  }

  /** Lets the device there send longer packets, in bytes. */
  setPeerMtu(size: number): void {
    run("ip", ["-n", this.#namespace, "link", "set", `${this.device}p`, "mtu", `${size}`]);
  }

  /** Sends UDP packets by the device here. */
  sendBack(port: number, packets: number): void {
    run("bash", ["-c", script(this.#peer, port, packets)]);
  }

  /** Removes both devices. */
  [Symbol.dispose](): void {
    run("ip", ["link", "delete", this.device]);
    run("ip", ["netns", "delete", this.#namespace]);
  }
}

function script(address: string, port: number, packets: number): string {
  return `for ((i = 0; i < ${packets}; i++)); do echo x > /dev/udp/${address}/${port}; done`;
}
