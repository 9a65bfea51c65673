/**
 * A pair of netkit devices, one of them in a network namespace of the test's own.
 *
 * @module
 */
import process from "node:process";
import { run } from "../_run.ts";

let count = 0;

/** Both devices and the namespace. */
export class NetkitPair implements Disposable {
  /** The primary device, which is here. */
  readonly device: string = `wgk${process.pid}x${count++}`;
  readonly #namespace = `waggle-${this.device}`;
  readonly #address: string;
  readonly #peer: string;

  /** Makes them. */
  constructor() {
    const net = `198.19.${process.pid % 256}`; // a range for tests: RFC 2544
    this.#address = `${net}.1`;
    this.#peer = `${net}.2`;
    const [device, ns] = [this.device, this.#namespace];
    run("ip", ["netns", "add", ns]);
    run("ip", ["link", "add", device, "type", "netkit"]);
    // The kernel names the other one
    const [{ link }] = JSON.parse(run("ip", ["-json", "link", "show", device]));
    run("ip", ["link", "set", link, "netns", ns]);
    run("ip", ["address", "add", `${this.#address}/24`, "dev", device]);
    run("ip", ["link", "set", device, "up"]);
    run("ip", ["-n", ns, "address", "add", `${this.#peer}/24`, "dev", link]);
    run("ip", ["-n", ns, "link", "set", link, "up"]);
  }

  /** Sends UDP packets from one of the devices to the other. */
  send(from: "primary" | "peer", port: number, packets: number): void {
    const to = from === "primary" ? this.#peer : this.#address;
    const script = `for ((i = 0; i < ${packets}; i++)); do echo x > /dev/udp/${to}/${port}; done`;
    const enter = from === "primary" ? [] : ["ip", "netns", "exec", this.#namespace];
    const [program = "", ...args] = [...enter, "bash", "-c", script];
    run(program, args);
  }

  /** Removes them. */
  [Symbol.dispose](): void {
    run("ip", ["link", "delete", this.device]);
    run("ip", ["netns", "delete", this.#namespace]);
  }
}
