/**
 * Network namespaces that a test enters with its own thread.
 *
 * @module
 */
import process from "node:process";
import { native } from "../../ffi/mod.ts";
import { checked, openFile } from "../../src/sys/mod.ts";
import { run } from "../_run.ts";

const SETNS = { x86_64: 308, aarch64: 268 } as const;
const CLONE_NEWNET = 0x4000_0000;

let count = 0;

/** A network namespace with a loopback device that is up. */
export class Namespace implements Disposable {
  readonly name: string = `waggle-${process.pid}-n${count++}`;

  /** Makes it. */
  constructor() {
    run("ip", ["netns", "add", this.name]);
    run("ip", ["-n", this.name, "link", "set", "lo", "up"]);
  }

  /** The file that stands for it. */
  get path(): string {
    return `/run/netns/${this.name}`;
  }

  /** Runs `body` with this thread in the namespace: what it opens stays there. */
  inside<T>(body: () => T): T {
    using before = openFile("/proc/thread-self/ns/net");
    using there = openFile(this.path);
    const enter = (fd: number) => {
      const door = native();
      checked(door.syscall(SETNS[door.arch], fd, CLONE_NEWNET), "setns", "enter a network namespace");
    };
    enter(there.fd);
    try {
      return body();
    } finally {
      enter(before.fd);
    }
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    run("ip", ["netns", "delete", this.name]);
  }
}
