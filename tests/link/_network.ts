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

  /** Makes both devices. */
  constructor() {
    const net = `198.18.${process.pid % 256}`; // a range for tests: RFC 2544
    this.#address = `${net}.1`;
    const [here, there, ns] = [this.device, `${this.device}p`, this.#namespace];
    run("ip", ["netns", "add", ns]);
    run("ip", ["link", "add", here, "type", "veth", "peer", "name", there, "netns", ns]);
    run("ip", ["address", "add", `${this.#address}/24`, "dev", here]);
    run("ip", ["link", "set", here, "up"]);
    run("ip", ["-n", ns, "address", "add", `${net}.2/24`, "dev", there]);
    run("ip", ["-n", ns, "link", "set", there, "up"]);
  }

  /** Sends UDP packets to the device here. */
  send(port: number, packets: number): void {
    const script = `for ((i = 0; i < ${packets}; i++)); do echo x > /dev/udp/${this.#address}/${port}; done`;
    run("ip", ["netns", "exec", this.#namespace, "bash", "-c", script]);
  }

  /** Removes both devices. */
  [Symbol.dispose](): void {
    run("ip", ["link", "delete", this.device]);
    run("ip", ["netns", "delete", this.#namespace]);
  }
}
