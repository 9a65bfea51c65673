/**
 * Cgroups of a test's own.
 *
 * @module
 */
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Program } from "../src/program/mod.ts";
import { type Descriptor, linkCreate, openFile } from "../src/sys/mod.ts";
import { BPF_ATTACH_TYPE } from "../src/uapi/mod.ts";
import { cgroupRoot } from "./_needs.ts";

let count = 0;

/** A cgroup (v2) that is empty at first, and gone afterwards. */
export class Cgroup implements Disposable {
  /** The path of its directory. */
  readonly path: string;

  /** Makes it, below another one where that is given. */
  constructor(above: string = cgroupRoot() ?? "") {
    this.path = join(above, `waggle-${process.pid}-${count++}`);
    mkdirSync(this.path);
  }

  /** What the kernel knows it by: the inode number of its directory. */
  get id(): bigint {
    return statSync(this.path, { bigint: true }).ino;
  }

  /** Moves this process in, until what is returned is disposed of. */
  enter(): Disposable {
    const before = join(cgroupRoot() ?? "", ownCgroup());
    const move = (path: string) => writeFileSync(join(path, "cgroup.procs"), `${process.pid}`);
    move(this.path);
    return { [Symbol.dispose]: () => move(before) };
  }

  /** Attaches a program to it, until what is returned is closed. */
  attach(program: Program, type: keyof typeof BPF_ATTACH_TYPE): Descriptor {
    using directory = openFile(this.path);
    return linkCreate(`a link of program "${program.name}" to cgroup "${this.path}"`, {
      prog_fd: program.descriptor.fd,
      target_fd: directory.fd,
      attach_type: BPF_ATTACH_TYPE[type],
    });
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    rmdirSync(this.path);
  }
}

function ownCgroup(): string {
  return /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
}
